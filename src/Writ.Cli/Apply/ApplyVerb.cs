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
            Description = "A YAML file, a folder of them, or - for standard input.",
            HelpName = "FILE|DIR|-",
            Required = true,
        };
        var dryRun = new Option<bool>("--dry-run") { Description = "Asks the broker; does nothing." };
        var diff = new Option<bool>("--diff") { Description = "Shows what differs, member by member; does nothing." };
        return verbs.Of("apply", "Makes the registers say what YAML documents say.", async call =>
        {
            var manifests = call.Get(file) is "-"
                ? ManifestReader.ReadAll(await call.Outside.In.ReadToEndAsync(call.Cancel), "stdin")
                : ManifestReader.ReadAll(Path.GetFullPath(call.Get(file)!, call.Outside.Folder));
            var applier = new Applier(call.SendAsync);
            var steps = await applier.PlanAsync(manifests);
            if (call.Get(diff) && call.Print.Format == OutputFormat.Table)
            {
                foreach (var step in steps)
                    call.Print.Render(new Markup(Difference(step)));
                return;
            }

            var outcomes = new List<string>();
            try
            {
                foreach (var step in steps)
                {
                    outcomes.Add(call.Get(dryRun) || call.Get(diff)
                        ? await WouldAsync(applier, step, steps)
                        : await DoneAsync(applier, step));
                }
            }
            finally
            {
                // Also when one was refused: what was done before it stays.
                if (outcomes.Count < steps.Count)
                    outcomes.Add("failed");
                while (outcomes.Count < steps.Count)
                    outcomes.Add("not tried");
                call.Print.List(new JsonArray([.. steps.Zip(outcomes, Document)]), Columns);
            }
        }, file, dryRun, diff);
    }

    private static async Task<string> DoneAsync(Applier applier, ApplyStep step)
    {
        await applier.DoAsync(step);
        return step.Verb;
    }

    private static async Task<string> WouldAsync(Applier applier, ApplyStep step, IReadOnlyList<ApplyStep> steps)
    {
        if (step is ApplyStep.Keep)
            return step.Verb;
        List<Manifest> missing = [.. steps.OfType<ApplyStep.Create>().Where(s => s != step).Select(s => s.Manifest)];
        return await applier.TryAsync(step, missing)
            ? $"would be {step.Verb}"
            : $"would be {step.Verb}, if the others are";
    }

    private static JsonNode Document(ApplyStep step, string outcome)
    {
        var document = new JsonObject
        {
            ["outcome"] = outcome,
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
