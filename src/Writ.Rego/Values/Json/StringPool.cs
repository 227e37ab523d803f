using System.Buffers.Binary;

namespace Writ.Rego.Values.Json;

/// <summary>
/// Short strings and key tables that were seen lately, to be shared by all that are equal. A place holds what came
/// last, so that the pool does not grow; threads may overwrite each other's entries, which costs sharing, no more.
/// </summary>
internal sealed class StringPool
{
    private const int SharedKeys = 64;

    private readonly RegoString?[] _keys;
    private readonly RegoString?[] _values;
    private readonly KeyTable?[] _tables;

    /// <summary>A pool; a small one serves a text of some kilobytes.</summary>
    public StringPool(bool small)
    {
        _keys = new RegoString?[small ? 64 : 8192];
        _values = new RegoString?[small ? 64 : 8192];
        _tables = new KeyTable?[small ? 16 : 1024];
    }

    /// <summary>The place of the string with these bytes, or of another one that is to make room for it.</summary>
    public ref RegoString? Place(ReadOnlySpan<byte> bytes, bool isKey)
    {
        var places = isKey ? _keys : _values;
        return ref places[Hash(bytes) & (uint)(places.Length - 1)];
    }

    /// <summary>A table of exactly these keys in this order.</summary>
    public KeyTable? FindTable(ReadOnlySpan<RegoValue> keys)
    {
        if (keys.Length is 0 or > SharedKeys)
        {
            return keys.IsEmpty ? KeyTable.Empty : null;
        }

        var table = _tables[Place(keys)];
        if (table is null || table.Count != keys.Length)
        {
            return null;
        }

        for (var i = 0; i < keys.Length; i++)
        {
            if (!ReferenceEquals(table[i], keys[i]) && !table[i].Equals(keys[i]))
            {
                return null;
            }
        }

        return table;
    }

    public void Keep(KeyTable table)
    {
        if (table.Count is > 0 and <= SharedKeys)
        {
            _tables[Place(table.Keys)] = table;
        }
    }

    private int Place(ReadOnlySpan<RegoValue> keys)
    {
        var hash = keys.Length;
        foreach (var key in keys)
        {
            hash = Mix.Of(hash, key.GetHashCode());
        }

        return hash & (_tables.Length - 1);
    }

    private static uint Hash(ReadOnlySpan<byte> bytes)
    {
        var hash = (ulong)bytes.Length;
        while (bytes.Length >= 8)
        {
            hash = (hash ^ BinaryPrimitives.ReadUInt64LittleEndian(bytes)) * 0x9E37_79B9_7F4A_7C15UL;
            hash ^= hash >> 31;
            bytes = bytes[8..];
        }

        foreach (var value in bytes)
        {
            hash = (hash ^ value) * 0x0000_0100_0000_01B3UL;
        }

        return (uint)(hash ^ (hash >> 32) ^ (hash >> 15));
    }
}
