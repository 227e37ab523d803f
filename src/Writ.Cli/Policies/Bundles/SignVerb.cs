using System.CommandLine;
using Writ.Cli.Policies.Reports;
using Writ.Rego;
using Writ.Rego.Bundles;

namespace Writ.Cli.Policies.Bundles;

/// <summary><c>writ policy sign</c>: the signature of a folder that is laid out as a bundle.</summary>
internal static class SignVerb
{
    public static Command Create(Verbs verbs)
    {
        var paths = CheckVerb.Paths("Folders that are laid out as bundles.");
        var isBundle = Flags.Switch("--bundle", "-b", "The paths are bundles, as they always are.");
        var output = new Option<string>("--output-file-path", "--output", "-o")
        {
            Description = "The folder to write .signatures.json to; this one.",
            HelpName = "FOLDER",
            DefaultValueFactory = _ => ".",
        };
        var algorithm = VerificationFlags.Algorithm();
        var scope = VerificationFlags.Scope();
        var signing = new SigningFlags();
        return verbs.Ending(
            "sign", "Signs a bundle: writes .signatures.json.",
            call => RunAsync(
                call, call.Get(paths),
                signing.Read(call, call.Get(algorithm)!, call.Get(scope) ?? "")
                    ?? throw new UsageException("Give --signing-key."),
                call.Get(output)!),
            [paths, isBundle, output, algorithm, scope, .. signing.All]);
    }

    private static async Task<int> RunAsync(Call call, string[] paths, BundleSigning signing, string output)
    {
        try
        {
            var text = signing.Sign(paths, call.Outside.Folder, LoadLimits.Default);
            var place = Path.Combine(Path.GetFullPath(output, call.Outside.Folder), ".signatures.json");
            await File.WriteAllTextAsync(place, text, call.Cancel);
            return PolicyExit.Yes;
        }
        catch (RegoError error)
        {
            await call.Outside.Error.WriteLineAsync(ErrorText.Pretty(error));
            return PolicyExit.No;
        }
    }
}
