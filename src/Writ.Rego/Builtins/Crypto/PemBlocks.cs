using System.Security.Cryptography;
using Writ.Rego.Builtins.Encoding;

namespace Writ.Rego.Builtins.Crypto;

/// <summary>Texts that are PEM, or PEM or DER in base 64.</summary>
internal static class PemBlocks
{
    private const string Begin = "-----BEGIN";

    /// <summary>For each beginning its end is looked for in all that follows.</summary>
    private const int MostBlocks = 1000;

    /// <summary>All blocks in order; what stands between them does not count.</summary>
    public static IEnumerable<(string Label, byte[] Bytes)> Read(string text)
    {
        CheckCount(text);
        var at = 0;
        while (PemEncoding.TryFind(text.AsSpan(at), out var fields))
        {
            var block = text.AsSpan(at);
            var (label, base64) = (block[fields.Label].ToString(), block[fields.Base64Data].ToString());
            at += fields.Location.End.GetOffset(block.Length);
            yield return (label, Convert.FromBase64String(base64));
        }
    }

    /// <summary>Asked before blocks are looked for.</summary>
    public static void CheckCount(string text)
    {
        if (text.AsSpan().Count(Begin) > MostBlocks)
        {
            throw BuiltinError.Limit($"more than {MostBlocks} blocks of PEM");
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
