namespace Writ.Server.Storage;

/// <summary>A record on its way into the log.</summary>
/// <param name="Core">What stays for ever: canonical JSON, a leaf of the log's tree.</param>
/// <param name="Detail">What can be erased: the salt that the core's commitment is made with, then JSON; null: there
/// is nothing of the kind.</param>
public sealed record RecordBytes(byte[] Core, byte[]? Detail = null);

/// <summary>A record as stored: its place in the log and its bytes.</summary>
public sealed record RecordRow
{
    /// <summary>The bytes of the salt before the detail's JSON.</summary>
    public const int SaltSize = 16;

    public required long Idx { get; init; }

    /// <summary>What the log's tree holds.</summary>
    public required byte[] Core { get; init; }

    /// <summary>The salt and the JSON that the core commits to; null: erased, or there never was any.</summary>
    public byte[]? Detail { get; init; }

    /// <summary>Whether there was a detail that is there no more. The words stand in no text of a core: there each
    /// quote is escaped.</summary>
    public bool IsErased => Detail is null && Core.AsSpan().IndexOf("\"detail_hash\":\""u8) >= 0;

    /// <summary>The whole record as people read it: one JSON object.</summary>
    public byte[] Body => field ??= Detail is { } detail ? Whole(Core, detail.AsSpan(SaltSize)) : Core;

    /// <summary>Both are objects that are not empty, without white space, and have no member in common.</summary>
    private static byte[] Whole(ReadOnlySpan<byte> core, ReadOnlySpan<byte> detail)
    {
        var whole = new byte[core.Length + detail.Length - 1];
        core.CopyTo(whole);
        whole[core.Length - 1] = (byte)',';
        detail[1..].CopyTo(whole.AsSpan(core.Length));
        return whole;
    }
}
