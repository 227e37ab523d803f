using System.CommandLine;
using System.Text.Json.Nodes;
using Writ.Cli.Printing;

namespace Writ.Cli.Policies.InForce;

/// <summary><c>writ policy replay</c>: what another policy would have made of recorded decisions.</summary>
internal static class ReplayVerb
{
    public static Command Create(Verbs verbs)
    {
        var policy = Flags.Paths("--policy", "-p", "The policy to try: files and folders, or bundles with -b.");
        policy.Required = true;
        var isBundle = Flags.Switch("--bundle", "-b", "The paths are bundles: archives, or folders laid out as one.");
        var since = new Option<string>("--since")
        {
            Description = "Decisions that are not older: a span, or a time (RFC 3339).",
            HelpName = "90s|30m|8h|90d|TIME",
            DefaultValueFactory = _ => "24h",
        };
        var identity = new Option<string?>("--identity")
        {
            Description = "Only of this identity or operator.",
            HelpName = "NAME",
        };
        return verbs.Ending(
            "replay", "Says what another policy would have made of recorded decisions; ends with 4 if anything else.",
            async call =>
            {
                var body = PolicySources.Body(call, call.Get(policy) ?? [], call.Get(isBundle), null);
                body["from"] = SinceOption.Of(call.Get(since)!, call.Outside.Time);
                body["identity"] = call.Get(identity) is { } name ? call.FullName(name) : null;
                var result = await RunAsync(call, body);
                ChangeReport.Print(call, result, "Nothing would change", "decisions");
                return (int)result["changed"]! == 0 ? ExitCode.Yes : ExitCode.Differs;
            }, policy, isBundle, since, identity);
    }

    private static async Task<JsonObject> RunAsync(Call call, JsonObject body)
    {
        using var bar = new ProgressBar(call.Outside.Error, call.Outside.IsInteractive, "records");
        var stream = call.Session.Client.Management.StreamAsync(
            HttpMethod.Post, "/v1/policies/replay", body, call.Cancel);
        await foreach (var item in stream)
        {
            var data = JsonNode.Parse(item.Data)!.AsObject();
            if (item.EventType == "result")
                return data;
            bar.Show((long)data["done"]!, (long)data["of"]!);
        }

        throw new UnableException("The broker ended the replay before it was done.");
    }
}
