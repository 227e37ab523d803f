using System.Text;
using System.Text.Json;

namespace Writ.Rego.Values.Json;

/// <summary>Reads JSON texts into values, whole or lazily.</summary>
internal static class JsonDocumentReader
{
    /// <summary>Deeper texts are refused: equality, order and printing walk down the same way.</summary>
    public const int MaxDepth = 2_000;

    public static readonly JsonReaderOptions Options = new() { MaxDepth = MaxDepth };

    public static RegoValue Read(string json) => Read(Encoding.UTF8.GetBytes(json));

    public static RegoValue Read(ReadOnlySpan<byte> json) => Read(json, new StringPool(small: true), null);

    public static RegoValue ReadLazily(byte[] json)
    {
        var pool = new StringPool(small: false);
        return Read(json, pool, new LazyText(json, pool));
    }

    private static RegoValue Read(ReadOnlySpan<byte> json, StringPool pool, LazyText? lazy)
    {
        json = json.StartsWith(Encoding.UTF8.Preamble) ? json[3..] : json;
        try
        {
            var reader = new Utf8JsonReader(json, Options);
            reader.Read();
            var value = new JsonTree(pool, lazy?.From(json.Length), lazy?.Whole ?? default).Read(ref reader);
            while (reader.Read())
            {
                // The reader throws when anything but white space follows.
            }

            return value;
        }
        catch (JsonException error)
        {
            throw new FormatException(error.Message, error);
        }
        catch (InsufficientExecutionStackException error)
        {
            throw new FormatException("the text is nested too deeply", error);
        }
    }
}
