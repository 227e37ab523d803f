using System.Text.Json;

namespace Writ.Rego.Values.Json;

/// <summary>
/// A checked JSON text whose parts are built when asked for. Any thread may ask. What was built first is given up again
/// when the parts that were looked at are more than a share of a large text: they would cost several times as much.
/// </summary>
internal sealed class LazyText(byte[] json, StringPool pool)
{
    /// <summary>Of a text up to this length all parts may stay built.</summary>
    private const int Small = 4_000_000;

    private const int Share = 8;

    private readonly Lock _lock = new();
    private readonly Queue<(RegoValue Part, int Length)> _built = new();
    private readonly int _most = Math.Max(Small, json.Length / Share);
    private long _length;

    /// <summary>Where the reader began: after the byte order mark.</summary>
    public int Start { get; private set; }

    public DocumentPart Whole => new(json, Start);

    public LazyText From(int length)
    {
        Start = json.Length - length;
        return this;
    }

    public RegoValue[] ReadArray(int offset, RegoArray part)
    {
        var reader = Open(offset);
        var items = new JsonTree(pool, null, new(json, offset)).ReadItems(ref reader);
        Keep(part, (int)reader.BytesConsumed);
        return items;
    }

    public (KeyTable Keys, RegoValue[] Values) ReadObject(int offset, RegoObject part)
    {
        var reader = Open(offset);
        var members = new JsonTree(pool, null, new(json, offset)).ReadMembers(ref reader);
        Keep(part, (int)reader.BytesConsumed);
        return members;
    }

    private Utf8JsonReader Open(int offset)
    {
        var reader = new Utf8JsonReader(json.AsSpan(offset), JsonDocumentReader.Options);
        reader.Read();
        return reader;
    }

    /// <summary>
    /// A part that two threads read at once is here twice and given up once too often, which costs a reading.
    /// </summary>
    private void Keep(RegoValue part, int length)
    {
        if (json.Length <= Small)
            return;
        lock (_lock)
        {
            _built.Enqueue((part, length));
            _length += length;
            while (_length > _most && _built.TryDequeue(out var oldest))
            {
                _length -= oldest.Length;
                (oldest.Part as RegoObject)?.Forget();
                (oldest.Part as RegoArray)?.Forget();
            }
        }
    }
}
