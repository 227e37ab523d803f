using System.Text.Json;

namespace Writ.Rego.Values.Json;

/// <summary>A checked JSON text whose parts are built when asked for. Any thread may ask.</summary>
internal sealed class LazyText(byte[] json, StringPool pool)
{
    /// <summary>Where the reader began: after the byte order mark.</summary>
    public int Start { get; private set; }

    public LazyText From(int length)
    {
        Start = json.Length - length;
        return this;
    }

    public RegoValue[] ReadArray(int offset)
    {
        var reader = Open(offset);
        return new JsonTree(pool, null).ReadItems(ref reader);
    }

    public (KeyTable Keys, RegoValue[] Values) ReadObject(int offset)
    {
        var reader = Open(offset);
        return new JsonTree(pool, null).ReadMembers(ref reader);
    }

    private Utf8JsonReader Open(int offset)
    {
        var reader = new Utf8JsonReader(json.AsSpan(offset), JsonDocumentReader.Options);
        reader.Read();
        return reader;
    }
}
