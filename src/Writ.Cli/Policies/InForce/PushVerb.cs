using System.CommandLine;
using System.Text.Json.Nodes;
using Writ.Cli.Policies.Bundles;
using Writ.Cli.Printing;
using Writ.Rego;
using Writ.Rego.Bundles;

namespace Writ.Cli.Policies.InForce;

/// <summary><c>writ policy push</c>: puts a policy in force at the broker, once it compiles and its tests pass there.
/// </summary>
internal static class PushVerb
{
    public static Command Create(Verbs verbs)
    {
        var paths = CheckVerb.Paths("Modules, tests and documents: files and folders, or bundles with -b.");
        var isBundle = Flags.Switch("--bundle", "-b", "The paths are bundles: archives, or folders laid out as one.");
        var dryRun = Flags.Switch("--dry-run", "Only say what it would change.");
        var yes = Flags.Switch("--yes", "-y", "Do not ask.");
        var source = new Option<string?>("--source")
        {
            Description = "Where it came from, such as a commit; by default the paths.",
            HelpName = "TEXT",
        };
        var because = new Option<string?>("--because") { Description = "Why.", HelpName = "TEXT" };
        var verification = new VerificationFlags();
        return verbs.Of(
            "push", "Puts a policy in force at the broker, if its tests pass.",
            async call =>
            {
                var body = Body(Load(call, call.Get(paths)!, call.Get(isBundle), verification), call.Get(paths)!);
                body["source"] = call.Get(source) ?? string.Join(' ', call.Get(paths)!);
                body["because"] = call.Get(because);
                await PushAsync(call, body, call.Get(dryRun), call.Get(yes));
            },
            [paths, isBundle, dryRun, yes, source, because, .. verification.All]);
    }

    private static async Task PushAsync(Call call, JsonObject body, bool isDryRun, bool isSure)
    {
        var preview = await call.SendAsync(HttpMethod.Post, "/v1/policies/preview", body.DeepClone());
        if (isDryRun)
        {
            call.Print.One(preview);
            return;
        }

        body["replaces"] = (long)preview["replaces"]!;
        await call.ConfirmAsync(Question(preview), isSure);
        var answer = await call.SendAsync(HttpMethod.Post, "/v1/policies", body);
        call.Print.Done($"In force as number {answer["number"]}: {answer["digest"]}.", answer);
    }

    private static string Question(JsonObject preview)
    {
        var removed = preview["rules_removed"]!.AsArray();
        var rules = removed.Count == 0 ? "" : $" The rules {Cell.Of(removed)} go.";
        return $"{preview["tests_passed"]} tests passed.{rules} It would end {preview["would_end"]} live credentials. "
            + "Put it in force?";
    }

    private static PolicySet Load(Call call, string[] paths, bool isBundle, VerificationFlags verification)
    {
        try
        {
            var loader = new PolicyLoader(call.Outside.Folder, LoadLimits.Default)
            {
                Verification = verification.Read(call),
            };
            foreach (var path in paths)
            {
                _ = isBundle ? loader.AddBundle(path) : loader.Add(path);
            }

            return loader.Load();
        }
        catch (RegoError error)
        {
            throw new UnableException(string.Join('\n', error.Diagnostics));
        }
    }

    /// <summary>A file's name within the folder that was given: where that lies here is nobody else's matter.</summary>
    private static string Within(string name, string[] paths)
    {
        foreach (var path in paths.Select(Path.TrimEndingDirectorySeparator))
        {
            if (name.StartsWith(path + "/", StringComparison.Ordinal))
                return name[(path.Length + 1)..];
        }

        return paths.Contains(name, StringComparer.Ordinal) ? Path.GetFileName(name) : name;
    }

    private static JsonObject Body(PolicySet files, string[] paths) => new()
    {
        ["files"] = new JsonArray([.. files.Files.Select(file => (JsonNode)new JsonObject
        {
            ["name"] = Within(file.Name, paths),
            ["text"] = file.Text,
            ["version"] = file.Version switch { RegoVersion.V0 => 0, RegoVersion.V1 => 1, _ => null },
        })]),
        ["data"] = JsonNode.Parse(files.Data.ToJson()),
    };
}
