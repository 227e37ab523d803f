using System.CommandLine;
using Writ.Cli.Printing;

namespace Writ.Cli.Nouns;

/// <summary><c>writ workflow</c>: registered kinds of work, and the most authority that each may need.</summary>
internal static class WorkflowNoun
{
    private static readonly Register Workflows = new(
        "workflow",
        "/v1/workflows",
        [
            Column.Of("name"),
            Column.Name("owner", "owner"),
            Column.Of("team"),
            new Column("agents", item => Cell.Names(item["agents"])),
            new Column("authority", item => Cell.Authority(item["authority"])),
        ],
        _ =>
        [
            Field.Text("--owner", "owner", "Who answers for it; by default you."),
            Field.Text("--team", "team", "The team that it belongs to."),
            Field.Texts("--agent", "agents", "An agent that does such work.", "NAME"),
            Field.Texts("--starter", "starters", "Who else may start it.", "NAME"),
            Field.Texts("--purpose", "purposes", "A purpose that is allowed; none: any."),
            Field.Texts("--grant", "authority", "The most it may need, such as orders:read@orders.", "GRANT"),
            Field.Span("--max-task", "max_task_seconds", "The longest that a task may take.", TimeSpan.FromSeconds(1)),
            Field.Number("--max-depth", "max_depth", "How often work may be handed on."),
        ]);

    public static Command Create(Verbs verbs)
    {
        var noun = new Command("workflow", "Registered kinds of work: which agents, and the most authority.");
        foreach (var verb in Workflows.Verbs(verbs))
            noun.Add(verb);
        return noun;
    }
}
