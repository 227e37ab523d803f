using System.Security.Cryptography;
using Writ.Rego.Builtins.Encoding;

namespace Writ.Rego.Builtins.Crypto;

/// <summary>Texts that are PEM, or PEM or DER in base 64.</summary>
internal static class PemBlocks
{
    private const string Begin = "-----BEGIN";

    /// <summary>All blocks in order; what stands between them does not count.</summary>
    public static IEnumerable<(string Label, byte[] Bytes)> Read(string text)
    {
        while (PemEncoding.TryFind(text, out var fields))
        {
            var label = text[fields.Label];
            var bytes = Convert.FromBase64String(text[fields.Base64Data]);
            text = text[fields.Location.End..];
            yield return (label, bytes);
        }
    }

    /// <summary>The text's blocks, or one block of the label that DER is taken for.</summary>
    public static List<(string Label, byte[] Bytes)> ReadAny(string text, string label)
    {
        if (text.StartsWith(Begin, StringComparison.Ordinal))
        {
            return [.. Read(text)];
        }

        var bytes = Base64Text.Decode(text, isUrl: false);
        return bytes.AsSpan().StartsWith(System.Text.Encoding.ASCII.GetBytes(Begin))
            ? [.. Read(System.Text.Encoding.ASCII.GetString(bytes))]
            : [(label, bytes)];
    }
}
