using System.CommandLine;
using Writ.Cli.Policies.Reports;
using Writ.Rego;
using Writ.Rego.Bundles;

namespace Writ.Cli.Policies.Bundles;

/// <summary><c>writ policy build</c>: one bundle of files, folders or bundles, as <c>opa build</c> makes it.</summary>
internal static class BuildVerb
{
    public static Command Create(Verbs verbs)
    {
        var paths = CheckVerb.Paths("Modules and documents: files and folders.");
        var isBundle = Flags.Switch("--bundle", "-b", "The paths are bundles: archives, or folders laid out as one.");
        var output = new Option<string>("--output", "-o")
        {
            Description = "The archive to write; bundle.tar.gz.",
            HelpName = "FILE",
            DefaultValueFactory = _ => "bundle.tar.gz",
        };
        var revision = new Option<string?>("--revision", "-r")
        {
            Description = "Which state of the policy it is.",
            HelpName = "TEXT",
        };
        var (sources, verification, signing) = (new SourceFlags(), new VerificationFlags(), new SigningFlags());
        return verbs.Ending(
            "build", "Builds a bundle.",
            call => RunAsync(call, call.Get(output)!, () =>
            {
                var draft = call.Get(isBundle)
                    ? BundleDraft.Of([.. call.Get(paths).Select(path => sources.Bundle(
                        call, path, verification.Read(call)))])
                    : new BundleDraft(Loaded(
                        sources.Loader(call, verification: verification.Read(call)), call.Get(paths)));
                var options = sources.Options(call);
                _ = draft.Policy.Compile(options);
                return (
                    draft with { Revision = call.Get(revision) ?? draft.Revision, Version = options.Version },
                    signing.Read(call, verification.AlgorithmOf(call), verification.ScopeOf(call)));
            }),
            [paths, isBundle, output, revision, .. sources.All, .. verification.All, .. signing.All]);
    }

    private static PolicySet Loaded(PolicyLoader loader, string[] paths)
    {
        foreach (var path in paths)
        {
            loader.Add(path);
        }

        return loader.Load();
    }

    private static async Task<int> RunAsync(
        Call call, string output, Func<(BundleDraft Draft, BundleSigning? Signing)> read)
    {
        try
        {
            // Nothing is written before all is well.
            using var packed = new MemoryStream();
            var (draft, signing) = read();
            draft.Write(packed, signing);
            await File.WriteAllBytesAsync(
                Path.GetFullPath(output, call.Outside.Folder), packed.ToArray(), call.Cancel);
            return PolicyExit.Yes;
        }
        catch (RegoError error)
        {
            await call.Outside.Error.WriteLineAsync(ErrorText.Pretty(error));
            return PolicyExit.No;
        }
    }
}
