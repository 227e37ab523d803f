using System.Text;
using System.Text.Json;

namespace Writ.Server.Storage;

/// <summary>Some of the records: all that it says holds of each. What it says nothing of binds nothing.</summary>
public record RecordSelection
{
    /// <summary>An id: of whom it tells, wherever it stands in the record, or on whose behalf its task ran.</summary>
    public string? Who { get; init; }
    /// <summary>Of this task or one below it.</summary>
    public string? Task { get; init; }
    /// <summary>How the kind begins: <c>access.</c></summary>
    public string? Kind { get; init; }
    /// <summary>From this moment on, microseconds.</summary>
    public long? FromAt { get; init; }
    /// <summary>Before this moment.</summary>
    public long? ToAt { get; init; }

    public bool Covers(ErasableRow row) =>
        (FromAt is null || row.At >= FromAt) && (ToAt is null || row.At < ToAt)
        && (Kind is null || row.Kind.StartsWith(Kind, StringComparison.Ordinal))
        && (Task is null || row.IsBelow(Task))
        && (Who is null || row.Tells(Who));

    /// <summary>The conditions that an index answers, in SQL over <c>record_index x</c> and its <c>task t</c>; the
    /// parameters bear a prefix.</summary>
    internal string Sql(string prefix)
    {
        List<string> where = ["TRUE"];
        if (FromAt is not null) where.Add($"x.at >= @{prefix}FromAt");
        if (ToAt is not null) where.Add($"x.at < @{prefix}ToAt");
        if (Kind is not null) where.Add($"substr(x.kind, 1, {Kind.Length}) = @{prefix}Kind");
        if (Task is not null)
            where.Add($"(x.task = @{prefix}Task OR ' ' || t.ancestors || ' ' LIKE '% ' || @{prefix}Task || ' %')");
        if (Who is not null)
            where.Add($"(x.actor = @{prefix}Who OR x.subject = @{prefix}Who OR t.on_behalf_of = @{prefix}Who)");
        return string.Join(" AND ", where);
    }
}

/// <summary>A record whose detail is there still, with what decides whether that may go.</summary>
public sealed record ErasableRow
{
    // A text that ends where another goes on is another name: user/al is not told of in user/alice.
    private static ReadOnlySpan<byte> Joints => "./-@:_+"u8;

    public required long Idx { get; init; }
    public required long At { get; init; }
    public required string Kind { get; init; }
    public required string Outcome { get; init; }
    public string? Task { get; init; }
    public string? Jti { get; init; }
    public long? ExpiresAt { get; init; }
    /// <summary>Of its task; null: it has none that we know.</summary>
    public string? TaskStatus { get; init; }
    public long? TaskDeadline { get; init; }
    public string? Ancestors { get; init; }
    public string? OnBehalfOf { get; init; }
    public required byte[] Core { get; init; }
    public required byte[] Detail { get; init; }

    /// <summary>Whether something that is alive rests on it: what may still be used is decided again by what its record
    /// says, and an open task is looked after.</summary>
    /// <param name="moment">Now, less what clocks may differ by.</param>
    public bool IsNeeded(long moment) =>
        (Jti is not null && Outcome == "allow" && ExpiresAt > moment)
        || (TaskStatus == TaskStatusName.Open && TaskDeadline > moment);

    /// <summary>Whether somebody did it, who is a person.</summary>
    internal bool IsBy(string person) => Detail.AsSpan(RecordRow.SaltSize).StartsWith(
        Encoding.UTF8.GetBytes($"{{\"actor\":{JsonSerializer.Serialize(person)}"));

    internal bool IsBelow(string task) => Task == task
        || (Ancestors is { } above && above.Split(' ').Contains(task, StringComparer.Ordinal));

    internal bool Tells(string who) => OnBehalfOf == who || Tells(Core, who) || Tells(Detail, who);

    /// <summary>Whether a text has the name as a word of its own, as JSON or as JSON within a text of JSON.</summary>
    private static bool Tells(ReadOnlySpan<byte> text, string who)
    {
        var name = Encoding.UTF8.GetBytes(who).AsSpan();
        for (var at = text.IndexOf(name); at >= 0;)
        {
            if (!IsJoined(text[..at]) && !GoesOn(text[(at + name.Length)..])) return true;
            var next = text[(at + 1)..].IndexOf(name);
            at = next < 0 ? -1 : at + 1 + next;
        }
        return false;
    }

    private static bool IsJoined(ReadOnlySpan<byte> before) => before.Length > 0
        && (IsOfWord(before[^1]) ? !IsEscape(before) : Joints.Contains(before[^1]) && before[^1] != (byte)':');

    /// <summary>The last letter is that of an escape: <c>\n</c>.</summary>
    private static bool IsEscape(ReadOnlySpan<byte> before) => before.Length > 1 && before[^2] == (byte)'\\';

    private static bool GoesOn(ReadOnlySpan<byte> behind) => behind.Length > 0
        && (IsOfWord(behind[0])
            || (behind.Length > 1 && Joints.Contains(behind[0]) && IsOfWord(behind[1])));

    private static bool IsOfWord(byte one) => char.IsAsciiLetterOrDigit((char)one) || one is (byte)'_' or >= 0x80;
}
