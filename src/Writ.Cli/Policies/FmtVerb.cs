using System.CommandLine;
using Writ.Cli.Policies.Reports;
using Writ.Rego;
using Writ.Rego.Bundles;

namespace Writ.Cli.Policies;

/// <summary><c>writ policy fmt</c>: modules in the one form that everybody's have.</summary>
internal static class FmtVerb
{
    public static Command Create(Verbs verbs)
    {
        var paths = new Argument<string[]>("path")
        {
            Description = "Files and folders; standard input when there is none.",
            Arity = ArgumentArity.ZeroOrMore,
        };
        var isWritten = Flags.Switch("--write", "-w", "Writes the files instead of printing.");
        var isListed = Flags.Switch("--list", "-l", "Prints the names of files that would change.");
        var isDiffed = Flags.Switch("--diff", "-d", "Prints what would change.");
        var fails = Flags.Switch("--fail", "Ends with 2 when a file would change.");
        var isBoth = Flags.Switch("--v0-v1", "Writes modules so that OPA before and since 1.0 reads them.");
        var isV0 = Flags.Switch("--v0-compatible", "Modules are in the syntax of OPA before 1.0.");
        var isV1 = Flags.Switch("--v1-compatible", "Modules are in the syntax of OPA 1.0.");
        return verbs.Ending(
            "fmt", "Formats policies.",
            call => RunAsync(call, call.Get(paths), new FmtRun(
                call, call.Get(isWritten), call.Get(isListed), call.Get(isDiffed), call.Get(fails))
            {
                Format = (name, text) => call.Get(isBoth)
                    ? RegoFormatter.FormatForBoth(name, text, call.Get(isV1) ? RegoVersion.V1 : RegoVersion.V0)
                    : RegoFormatter.Format(name, text, call.Get(isV0) ? RegoVersion.V0 : RegoVersion.V1),
            }),
            [paths, isWritten, isListed, isDiffed, fails, isBoth, isV0, isV1]);
    }

    private static async Task<int> RunAsync(Call call, string[] paths, FmtRun run)
    {
        try
        {
            if (paths.Length == 0)
            {
                await call.Outside.Out.WriteAsync(run.Format("stdin", StandardInput.ReadText(call)));
                return PolicyExit.Yes;
            }
        }
        catch (RegoError error)
        {
            await call.Outside.Error.WriteLineAsync(ErrorText.Pretty(error));
            return PolicyExit.No;
        }

        try
        {
            foreach (var path in paths)
            {
                var loader = new PolicyLoader(call.Outside.Folder, LoadLimits.Default) { IsRegoOnly = true };
                foreach (var file in loader.Add(path).Load().Files)
                {
                    if (!await run.FileAsync(file))
                        return PolicyExit.Failed;
                }
            }

            return PolicyExit.Yes;
        }
        catch (RegoError error)
        {
            await call.Outside.Error.WriteLineAsync(ErrorText.Pretty(error));
            return PolicyExit.Failed;
        }
    }
}
