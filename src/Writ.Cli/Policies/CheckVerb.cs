using System.CommandLine;
using Writ.Cli.Policies.Reports;
using Writ.Rego;
using Writ.Rego.Types;

namespace Writ.Cli.Policies;

/// <summary><c>writ policy check</c>: whether modules parse and compile. Nothing is said when they do.</summary>
internal static class CheckVerb
{
    public static Command Create(Verbs verbs)
    {
        var paths = Paths("Modules: files and folders.");
        var isBundle = Flags.Switch("--bundle", "-b", "The paths are bundles: archives, or folders laid out as one.");
        var format = Flags.Format("pretty", "json");
        var sources = new SourceFlags();
        return verbs.Ending(
            "check", "Checks that policies parse and compile.",
            call => RunAsync(call, call.Get(paths), call.Get(isBundle), call.Get(format)!, sources),
            [paths, isBundle, format, .. sources.All]);
    }

    public static Argument<string[]> Paths(string description) => new("path")
    {
        Description = description,
        Arity = ArgumentArity.OneOrMore,
    };

    private static async Task<int> RunAsync(
        Call call, string[] paths, bool isBundle, string format, SourceFlags sources)
    {
        try
        {
            var loader = sources.Loader(call, isRegoOnly: !isBundle);
            foreach (var path in paths)
            {
                _ = isBundle ? loader.AddBundle(path) : loader.Add(path);
            }

            // Schemas that annotations hold themselves count without any that are given.
            var options = sources.Options(call);
            _ = loader.Load().Compile(options with { Schemas = options.Schemas ?? SchemaSet.Empty });
            return PolicyExit.Yes;
        }
        catch (RegoError error)
        {
            await call.Outside.Error.WriteLineAsync(
                format == "json" ? PrettyJson.Object(("errors", ErrorText.Json(error))) : ErrorText.Pretty(error));
            return PolicyExit.No;
        }
    }
}
