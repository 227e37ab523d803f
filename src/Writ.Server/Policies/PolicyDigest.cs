using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Writ.Rego;
using Writ.Rego.Bundles;

namespace Writ.Server.Policies;

/// <summary>The name of a policy's version: the same modules, by their names, and the same documents have the same
/// digest, whether they came from a folder or a bundle.</summary>
internal static class PolicyDigest
{
    /// <summary>SHA-256 over each module's name, syntax and text, by name, then over the documents; each with its
    /// length before it, so that nothing moves from one to the next.</summary>
    public static string Of(PolicySet files)
    {
        using var digest = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var file in files.Files.OrderBy(f => f.Name, StringComparer.Ordinal))
        {
            Add(digest, file.Name);
            // A module in today's syntax is the same whether its bundle said so or nobody did.
            Add(digest, file.Version is RegoVersion.V0 ? "V0" : "");
            Add(digest, file.Text);
        }
        Add(digest, files.Data.ToJson());
        return Convert.ToHexStringLower(digest.GetHashAndReset());
    }

    private static void Add(IncrementalHash digest, string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        Span<byte> length = stackalloc byte[8];
        BinaryPrimitives.WriteInt64BigEndian(length, bytes.Length);
        digest.AppendData(length);
        digest.AppendData(bytes);
    }
}
