using System.CommandLine;
using Writ.Rego.Bundles;
using Writ.Rego.Values;

namespace Writ.Cli.Policies.Bundles;

/// <summary>How a bundle is signed.</summary>
internal sealed class SigningFlags
{
    private readonly Option<string?> _key = new("--signing-key")
    {
        Description = "Signs the bundle: a private key in a PEM file, or the secret itself for HS256….",
        HelpName = "FILE",
    };

    private readonly Option<string?> _claims = new("--claims-file")
    {
        Description = "Claims of the signature: a JSON object; keyid names the key.",
        HelpName = "FILE",
    };

    public IEnumerable<Option> All => [_key, _claims];

    /// <summary>What signs; null when no key was given.</summary>
    public BundleSigning? Read(Call call, string algorithm, string scope)
    {
        if (call.Get(_key) is not { } key)
        {
            return call.Get(_claims) is null
                ? null
                : throw new UsageException("--claims-file is for a signature: give --signing-key too.");
        }

        return new BundleSigning(
            new BundleKey(algorithm, VerificationFlags.KeyText(call, key, algorithm), scope), Claims(call));
    }

    private RegoObject Claims(Call call)
    {
        if (call.Get(_claims) is not { } file)
            return RegoObject.Empty;
        return DocumentReader.Read(file, call.Outside.Folder, LoadLimits.Default) is RegoObject claims
            ? claims
            : throw new UnableException($"{file} is no object of claims.");
    }
}
