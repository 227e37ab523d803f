using System.Text.Json.Nodes;
using Writ.Cli.Printing;

namespace Writ.Cli.Tests.Printing;

public sealed class TaskTreeTests
{
    [Fact]
    public void It_shows_child_tasks_and_every_credential_with_its_state()
    {
        var task = JsonNode.Parse(
            """
            {
              "id": "task_1",
              "tree": [
                {
                  "id": "task_1", "agent": "spiffe://example.org/agent/planner", "workflow": "desk",
                  "purpose": "Tidy up", "status": "open", "opened_at": "2026-01-01T00:00:00.000000Z",
                  "deadline": "2026-01-01T08:00:00.000000Z",
                  "authorization_details": [{"type": "writ_access", "actions": ["a:b"], "locations": ["http://x"]}],
                  "credentials": [
                    {"jti": "j1", "kind": "access_token", "issued_at": "2026-01-01T00:00:00.0000000Z",
                     "expires_at": "2026-01-01T00:15:00.0000000Z", "state": "active"}
                  ]
                },
                {
                  "id": "task_2", "parent": "task_1", "agent": "spiffe://example.org/agent/worker", "workflow": "desk",
                  "purpose": "Tidy up", "status": "cancelled", "end_reason": "given up",
                  "opened_at": "2026-01-01T00:00:01.000000Z", "ended_at": "2026-01-01T00:00:02.000000Z",
                  "deadline": "2026-01-01T08:00:00.000000Z", "authorization_details": [],
                  "credentials": [
                    {"jti": "j2", "kind": "access_token", "issued_at": "2026-01-01T00:00:01.0000000Z",
                     "state": "revoked"}
                  ]
                }
              ]
            }
            """)!.AsObject();
        using var output = new StringWriter();

        new Printer(output, OutputFormat.Table, isTerminal: false)
            .Render(TaskTree.Of(task, new DateTimeOffset(2026, 1, 1, 0, 5, 0, TimeSpan.Zero)));

        Assert.Equal(
            """
            open  task_1  planner  Tidy up
            ├── desk, opened 2026-01-01 00:00:00, until 2026-01-01 08:00:00, a:b@http://x
            ├── active  access token j1  issued 2026-01-01 00:00:00, 600 s left
            └── cancelled (given up)  task_2  worker  Tidy up
                ├── desk, opened 2026-01-01 00:00:01, ended 2026-01-01 00:00:02
                └── revoked  access token j2  issued 2026-01-01 00:00:01

            """.Replace("planner", "agent/planner", StringComparison.Ordinal)
                .Replace("worker", "agent/worker", StringComparison.Ordinal),
            output.ToString());
    }

    [Fact]
    public void What_was_cut_is_said_and_hides_nothing_that_came()
    {
        var task = JsonNode.Parse(
            """
            {
              "id": "task_1", "tree_cut": true, "credentials_cut": true,
              "tree": [
                {"id": "task_1", "agent": "a", "purpose": "root", "status": "open"},
                {"id": "task_9", "agent": "a", "purpose": "its parent is cut", "status": "open", "parent": "task_2"}
              ]
            }
            """)!.AsObject();
        using var output = new StringWriter();

        new Printer(output, OutputFormat.Table, isTerminal: false).Render(TaskTree.Of(task, default));

        Assert.Contains("its parent is cut", output.ToString(), StringComparison.Ordinal);
        Assert.Contains("older tasks are left out", output.ToString(), StringComparison.Ordinal);
        Assert.Contains("older credentials are left out", output.ToString(), StringComparison.Ordinal);
    }
}
