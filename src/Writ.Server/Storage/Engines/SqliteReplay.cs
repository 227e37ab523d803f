using System.Buffers.Binary;
using Microsoft.Data.Sqlite;

namespace Writ.Server.Storage;

/// <summary>
/// The one-time values in force on SQLite (docs/decisions/0008). The values of a batch are one row, where a row of its
/// own would dirty a page for each of them; whether a value was used is asked of memory, which holds what the table
/// holds. It belongs to the writing connection: read when that opens, gone with it, so that after a commit whose fate
/// is unknown the table is read again. Used by whoever holds the writer's gate, within the write transaction.
/// </summary>
internal sealed class SqliteReplay(SqliteConnection writer, SqliteStatements statements)
{
    /// <summary>Bytes of a value's SHA-256 that are kept: two values that agree in them cost one a refusal, no more.
    /// </summary>
    private const int Size = 16;

    private readonly Dictionary<long, HashSet<UInt128>> _used = []; // by the last minute of their row
    private long _next; // the number of the next row
    private long _version = -1; // of the file, as this connection saw it last

    /// <summary>Whether each of the values was free, in their order; those are taken by this transaction.</summary>
    public (bool[] Free, Row Taken) Take(IReadOnlyList<Claim.Once> values)
    {
        CatchUp();
        var free = new bool[values.Count];
        var taken = new HashSet<UInt128>(values.Count);
        var minute = 0L;
        for (var i = 0; i < free.Length; i++)
        {
            var value = BinaryPrimitives.ReadUInt128BigEndian(values[i].Hash);
            free[i] = !IsUsed(value) && taken.Add(value);
            minute = Math.Max(minute, values[i].Minute);
        }
        var row = new Row(minute, _next, taken);
        if (taken.Count > 0) statements.Once.Execute(row.Minute, row.Number, row.Bytes());
        return (free, row);
    }

    /// <summary>Told after the commit: a transaction that is rolled back has taken nothing.</summary>
    public void Keep(Row taken)
    {
        Of(taken.Minute).UnionWith(taken.Values);
        _next = taken.Number + 1;
    }

    /// <summary>Drops what ended before that minute, in a bounded step; answers how many rows.</summary>
    public int Prune(long minute, int step)
    {
        foreach (var past in _used.Keys.Where(m => m < minute).ToArray()) _used.Remove(past);
        return statements.DropOnce.Execute(minute, step);
    }

    private bool IsUsed(UInt128 value)
    {
        foreach (var used in _used.Values)
            if (used.Contains(value)) return true;
        return false;
    }

    /// <summary>Reads what others wrote: a broker before us, or beside us for a moment.</summary>
    private void CatchUp()
    {
        var version = statements.DataVersion.Scalar()!.Value;
        if (version == _version) return;
        using var command = writer.CreateCommand();
        command.CommandText = "SELECT minute, n, hashes FROM replay_batch WHERE n >= @next";
        command.Parameters.AddWithValue("@next", _next);
        using var rows = command.ExecuteReader();
        while (rows.Read())
        {
            var hashes = rows.GetFieldValue<byte[]>(2);
            var used = Of(rows.GetInt64(0));
            for (var at = 0; at + Size <= hashes.Length; at += Size)
                used.Add(BinaryPrimitives.ReadUInt128BigEndian(hashes.AsSpan(at)));
            _next = Math.Max(_next, rows.GetInt64(1) + 1);
        }
        _version = version;
    }

    private HashSet<UInt128> Of(long minute) =>
        _used.TryGetValue(minute, out var used) ? used : _used[minute] = [];

    /// <summary>What one transaction takes: kept until the last minute in which any of them can come again.</summary>
    internal sealed record Row(long Minute, long Number, HashSet<UInt128> Values)
    {
        public byte[] Bytes()
        {
            var bytes = new byte[Values.Count * Size];
            var at = 0;
            foreach (var value in Values)
            {
                BinaryPrimitives.WriteUInt128BigEndian(bytes.AsSpan(at), value);
                at += Size;
            }
            return bytes;
        }
    }
}
