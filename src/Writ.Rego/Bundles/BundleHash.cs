using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text;
using Writ.Rego.Values;

namespace Writ.Rego.Bundles;

/// <summary>
/// The hash of a bundle's file as signatures have it: of documents over their values, keys in order and nothing between
/// them, so that white space does not count; of all else over the bytes.
/// </summary>
internal static class BundleHash
{
    public const string Usual = "SHA-256";

    public static byte[] Of(string place, BundleEntry entry, string algorithm)
    {
        using var hash = IncrementalHash.CreateHash(algorithm switch
        {
            "SHA-256" => HashAlgorithmName.SHA256,
            "SHA-384" => HashAlgorithmName.SHA384,
            "SHA-512" => HashAlgorithmName.SHA512,
            "" => throw LoadBudget.Error(place, "no hashing algorithm provided"),
            _ => throw LoadBudget.Error(
                place, $"unsupported hashing algorithm: {algorithm} (SHA-256, SHA-384 or SHA-512)"),
        });
        switch (entry.Name)
        {
            case "data.json" or ".manifest":
                Add(place, hash, DocumentText.Json(place, entry.Bytes));
                break;
            case "data.yaml":
                Add(place, hash, DocumentText.Yaml(place, entry.Bytes));
                break;
            default:
                hash.AppendData(entry.Bytes);
                break;
        }

        return hash.GetHashAndReset();
    }

    private static void Add(string place, IncrementalHash hash, RegoValue value)
    {
        RuntimeHelpers.EnsureSufficientExecutionStack();
        switch (value)
        {
            case RegoObject map:
                var isFirst = true;
                hash.AppendData("{"u8);
                foreach (var (key, member) in map)
                {
                    hash.AppendData(isFirst ? ""u8 : ","u8);
                    isFirst = false;
                    Add(place, hash, key);
                    hash.AppendData(":"u8);
                    Add(place, hash, member);
                }

                hash.AppendData("}"u8);
                break;
            case RegoArray array:
                hash.AppendData("["u8);
                for (var i = 0; i < array.Count; i++)
                {
                    hash.AppendData(i == 0 ? ""u8 : ","u8);
                    Add(place, hash, array[i]);
                }

                hash.AppendData("]"u8);
                break;
            case RegoString text when ByteText.Shown(text.Value) != text.Value:
                throw LoadBudget.Error(place, "a text that is no UTF-8 has no hash of its own");
            case RegoString text:
                hash.AppendData(Encoding.UTF8.GetBytes(Quoted(text.Value)));
                break;
            default:
                hash.AppendData(Encoding.UTF8.GetBytes(value.ToJson()));
                break;
        }
    }

    /// <summary>As Go writes strings: angle brackets and ampersands stay, the two line separators do not.</summary>
    private static string Quoted(string text)
    {
        var quoted = new StringBuilder("\"");
        foreach (var c in text)
        {
            _ = c switch
            {
                '"' => quoted.Append("\\\""),
                '\\' => quoted.Append(@"\\"),
                '\n' => quoted.Append("\\n"),
                '\r' => quoted.Append("\\r"),
                '\t' => quoted.Append("\\t"),
                '\b' => quoted.Append("\\b"),
                '\f' => quoted.Append("\\f"),
                < ' ' or '\u2028' or '\u2029' => quoted.Append($"\\u{(int)c:x4}"),
                _ => quoted.Append(c),
            };
        }

        return quoted.Append('"').ToString();
    }
}
