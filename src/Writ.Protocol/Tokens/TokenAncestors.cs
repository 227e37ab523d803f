using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json;

namespace Writ.Protocol;

/// <summary>
/// The tokens and tasks that a token descends from, nearest first (claim <c>writ_anc</c>): with them in the token, a
/// revocation anywhere above is one row, never an expansion.
/// </summary>
public sealed record TokenAncestors
{
    /// <summary>The most ancestors of each kind.</summary>
    public const int MaxCount = 32;

    private TokenAncestors(ImmutableArray<string> jtis, ImmutableArray<string> taskIds)
    {
        Jtis = jtis;
        TaskIds = taskIds;
    }

    /// <summary>A token that descends from none.</summary>
    public static TokenAncestors None { get; } = new([], []);

    /// <summary>Ancestor tokens (<c>jti</c>), nearest first.</summary>
    public ImmutableArray<string> Jtis { get; }

    /// <summary>Ancestor tasks (<c>txn</c>), nearest first; without the token's own.</summary>
    public ImmutableArray<string> TaskIds { get; }

    /// <summary>Whether there is none of either kind.</summary>
    public bool IsEmpty => Jtis.IsEmpty && TaskIds.IsEmpty;

    /// <summary>Builds the ancestry.</summary>
    /// <exception cref="ArgumentException">Too many, or an empty id.</exception>
    public static TokenAncestors Of(IEnumerable<string> jtis, IEnumerable<string> taskIds)
    {
        var ancestors = new TokenAncestors([.. jtis], [.. taskIds]);
        return AreIds(ancestors.Jtis) && AreIds(ancestors.TaskIds)
            ? ancestors
            : throw new ArgumentException("At most 32 ancestors of each kind, each with an id.", nameof(jtis));
    }

    /// <summary>Writes the claim's value.</summary>
    public void WriteTo(Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        Write(writer, "jti"u8, Jtis);
        Write(writer, "txn"u8, TaskIds);
        writer.WriteEndObject();
    }

    /// <summary>Reads the claim's value. An unknown member is refused: it might be one more handle.</summary>
    public static bool TryParse(JsonElement element, [NotNullWhen(true)] out TokenAncestors? ancestors)
    {
        ancestors = null;
        if (element.ValueKind != JsonValueKind.Object)
            return false;

        ImmutableArray<string> jtis = [];
        ImmutableArray<string> taskIds = [];
        foreach (var member in element.EnumerateObject())
        {
            var known = member.NameEquals("jti"u8)
                ? TryRead(member.Value, out jtis)
                : member.NameEquals("txn"u8) && TryRead(member.Value, out taskIds);
            if (!known)
                return false;
        }

        ancestors = new TokenAncestors(jtis, taskIds);
        return true;
    }

    /// <inheritdoc/>
    public bool Equals(TokenAncestors? other) =>
        other is not null
        && Jtis.AsSpan().SequenceEqual(other.Jtis.AsSpan())
        && TaskIds.AsSpan().SequenceEqual(other.TaskIds.AsSpan());

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Jtis.Length, TaskIds.Length);

    private static void Write(Utf8JsonWriter writer, ReadOnlySpan<byte> name, ImmutableArray<string> ids)
    {
        writer.WriteStartArray(name);
        foreach (var id in ids)
            writer.WriteStringValue(id);
        writer.WriteEndArray();
    }

    private static bool TryRead(JsonElement array, out ImmutableArray<string> ids)
    {
        ids = [];
        if (array.ValueKind != JsonValueKind.Array || array.GetArrayLength() > MaxCount)
            return false;
        var builder = ImmutableArray.CreateBuilder<string>(array.GetArrayLength());
        foreach (var item in array.EnumerateArray())
        {
            if (item.ValueKind != JsonValueKind.String)
                return false;
            builder.Add(item.GetString()!);
        }

        ids = builder.MoveToImmutable();
        return AreIds(ids);
    }

    private static bool AreIds(ImmutableArray<string> ids) =>
        ids.Length <= MaxCount && ids.All(id => id.Length is > 0 and <= 256);
}
