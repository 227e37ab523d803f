using System.CommandLine;
using System.Text.Json.Nodes;
using Spectre.Console;
using Writ.Cli.Printing;

namespace Writ.Cli.Apply;

/// <summary><c>writ apply -f</c>: the registers as files say them. Applying twice changes nothing.</summary>
internal static class ApplyVerb
{
    private static readonly Column[] Columns =
        [Column.Of("outcome"), Column.Of("kind"), Column.Of("name"), Column.Of("members")];

    public static Command Create(Verbs verbs)
    {
        var file = new Option<string>("--file", "-f")
        {
            Description = "A YAML file, or a folder of them.",
            HelpName = "FILE|DIR",
            Required = true,
        };
        var dryRun = new Option<bool>("--dry-run") { Description = "Says what would be done; does nothing." };
        var diff = new Option<bool>("--diff") { Description = "Shows what differs, member by member; does nothing." };
        return verbs.Of("apply", "Makes the registers say what YAML documents say.", async call =>
        {
            var manifests = ManifestReader.ReadAll(Path.GetFullPath(call.Get(file)!, call.Outside.Folder));
            var applier = new Applier(call.SendAsync);
            var steps = await applier.PlanAsync(manifests);
            if (call.Get(diff) && call.Print.Format == OutputFormat.Table)
            {
                foreach (var step in steps)
                    call.Print.Render(new Markup(Difference(step)));
                return;
            }

            if (!call.Get(dryRun) && !call.Get(diff))
            {
                foreach (var step in steps)
                    await applier.DoAsync(step);
            }

            call.Print.List(new JsonArray([.. steps.Select(Document)]), Columns);
        }, file, dryRun, diff);
    }

    private static JsonNode Document(ApplyStep step)
    {
        var document = new JsonObject
        {
            ["outcome"] = step.Verb,
            ["kind"] = step.Manifest.Kind.Name,
            ["name"] = step.Manifest.Name,
        };
        if (step is ApplyStep.Change change)
            document["members"] = new JsonArray([.. Members(change).Select(member => (JsonNode)member)]);
        return document;
    }

    private static IEnumerable<string> Members(ApplyStep.Change change) =>
        change.Changes.Select(c => c.Member).Concat(change.NewKeys.IsEmpty ? [] : ["keys"]);

    private static string Difference(ApplyStep step)
    {
        var lines = new List<string> { $"[bold]{Ink.Plain(step.Manifest.ToString())}[/] {step.Verb}" };
        var members = step switch
        {
            ApplyStep.Create create => create.Manifest.Members.Select(m => new MemberChange(m.Key, null, m.Value)),
            ApplyStep.Change change =>
                change.Changes.Concat(change.NewKeys.Select(key => new MemberChange("keys", null, key))),
            _ => [],
        };
        foreach (var (member, from, to) in members)
        {
            if (from is not null)
                lines.Add($"[red]- {Ink.Plain($"{member}: {from.ToJsonString()}")}[/]");
            if (to is not null)
                lines.Add($"[green]+ {Ink.Plain($"{member}: {to.ToJsonString()}")}[/]");
        }

        return string.Join('\n', lines);
    }
}
