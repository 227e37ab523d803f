using System.Buffers;
using System.Collections.Immutable;
using System.Text;
using System.Text.Json;

namespace Writ.Protocol;

/// <summary>
/// One element of <c>authorization_details</c> (RFC 9396 §2) of the type <c>writ_access</c>: the product
/// actions × locations × datatypes × identifier. Kept canonical: every list sorted (ordinal) and distinct.
/// </summary>
public sealed record AuthorizationDetail
{
    /// <summary>The only type that we know (RFC 9396 §2.1).</summary>
    public const string Type = "writ_access";

    /// <summary>The longest location.</summary>
    public const int MaxLocationLength = 512;

    /// <summary>The longest datatype or identifier.</summary>
    public const int MaxNameLength = 256;

    // RFC 3986 §2, without `#`: a location has no fragment (RFC 8707 §2).
    private static readonly SearchValues<char> UriCharacters = SearchValues.Create(
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~:/?[]@!$&'()*+,;=%");

    private AuthorizationDetail(
        ImmutableArray<ActionName> actions,
        ImmutableArray<string> locations,
        ImmutableArray<string>? datatypes,
        string? identifier)
    {
        Actions = actions;
        Locations = locations;
        Datatypes = datatypes;
        Identifier = identifier;
    }

    /// <summary>What may be done; never empty.</summary>
    public ImmutableArray<ActionName> Actions { get; }

    /// <summary>URIs of the resources where; never empty.</summary>
    public ImmutableArray<string> Locations { get; }

    /// <summary>On which kinds of data; null means all of them, and an empty list does not occur.</summary>
    public ImmutableArray<string>? Datatypes { get; }

    /// <summary>On which single thing; null means any.</summary>
    public string? Identifier { get; }

    /// <summary>How many combinations the product spans, "all datatypes" counted once: what reading it costs.</summary>
    public long Atoms => (long)Actions.Length * Locations.Length * (Datatypes?.Length ?? 1);

    /// <summary>Builds a detail; sorts and removes duplicates.</summary>
    /// <exception cref="ArgumentException">A list is empty, or a member is malformed.</exception>
    public static AuthorizationDetail Of(
        IEnumerable<ActionName> actions,
        IEnumerable<string> locations,
        IEnumerable<string>? datatypes = null,
        string? identifier = null)
    {
        ImmutableArray<ActionName> sortedActions = [.. actions.Distinct().Order()];
        var sortedLocations = SortedText.Of(locations);
        var sortedDatatypes = datatypes is null ? (ImmutableArray<string>?)null : SortedText.Of(datatypes);
        return Fault(sortedActions, sortedLocations, sortedDatatypes, identifier) is { } fault
            ? throw new ArgumentException(fault, nameof(actions))
            : new AuthorizationDetail(sortedActions, sortedLocations, sortedDatatypes, identifier);
    }

    /// <summary>Whether a text may be a location: an absolute URI (RFC 3986 §4.3) without fragment.</summary>
    public static bool IsLocation(string? text) =>
        text is { Length: > 0 and <= MaxLocationLength }
        && !text.AsSpan().ContainsAnyExcept(UriCharacters)
        && Uri.TryCreate(text, UriKind.Absolute, out var uri)
        && text.StartsWith(uri.Scheme + ":", StringComparison.OrdinalIgnoreCase);

    /// <summary>Writes the JSON object.</summary>
    public void WriteTo(Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        writer.WriteString("type"u8, Type);
        writer.WriteStartArray("actions"u8);
        foreach (var action in Actions)
            writer.WriteStringValue(action.Value);
        writer.WriteEndArray();
        WriteArray(writer, "locations"u8, Locations);
        if (Datatypes is { } datatypes)
            WriteArray(writer, "datatypes"u8, datatypes);
        if (Identifier is not null)
            writer.WriteString("identifier"u8, Identifier);
        writer.WriteEndObject();
    }

    /// <summary>The order of canonical details: by locations, actions, identifier and datatypes.</summary>
    internal static int Compare(AuthorizationDetail a, AuthorizationDetail b)
    {
        var order = a.Locations.AsSpan().SequenceCompareTo(b.Locations.AsSpan(), StringComparer.Ordinal);
        if (order == 0)
            order = a.Actions.AsSpan().SequenceCompareTo(b.Actions.AsSpan());
        if (order == 0)
            order = string.CompareOrdinal(a.Identifier, b.Identifier);
        if (order == 0)
            order = a.Datatypes.HasValue.CompareTo(b.Datatypes.HasValue);
        if (order == 0 && a.Datatypes is { } mine)
            order = mine.AsSpan().SequenceCompareTo(b.Datatypes!.Value.AsSpan(), StringComparer.Ordinal);
        return order;
    }

    /// <inheritdoc/>
    public bool Equals(AuthorizationDetail? other) =>
        other is not null
        && Identifier == other.Identifier
        && Actions.AsSpan().SequenceEqual(other.Actions.AsSpan())
        && Locations.AsSpan().SequenceEqual(other.Locations.AsSpan())
        && Datatypes.HasValue == other.Datatypes.HasValue
        && (Datatypes is not { } mine || mine.AsSpan().SequenceEqual(other.Datatypes!.Value.AsSpan()));

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Identifier, Actions.Length, Actions[0], Locations[0]);

    /// <inheritdoc/>
    public override string ToString() =>
        string.Join(',', Actions) + "@" + string.Join(',', Locations)
        + (Datatypes is { } datatypes ? "[" + string.Join(',', datatypes) + "]" : "")
        + (Identifier is null ? "" : "#" + Identifier);

    /// <summary>For parts that are canonical already.</summary>
    internal static AuthorizationDetail OfCanonical(
        ImmutableArray<ActionName> actions,
        ImmutableArray<string> locations,
        ImmutableArray<string>? datatypes,
        string? identifier) => new(actions, locations, datatypes, identifier);

    internal static string? Fault(
        ImmutableArray<ActionName> actions,
        ImmutableArray<string> locations,
        ImmutableArray<string>? datatypes,
        string? identifier)
    {
        if (actions.IsEmpty)
            return "actions must name at least one action";
        if (locations.IsEmpty || !locations.All(IsLocation))
            return "locations must hold absolute URIs without fragment, at least one";
        if (datatypes is { } names && (names.IsEmpty || !names.All(IsName)))
            return "datatypes must hold short texts, at least one, or be absent";
        return identifier is null || IsName(identifier) ? null : "identifier must be a short text, or be absent";
    }

    private static bool IsName(string text) =>
        text.Length is > 0 and <= MaxNameLength && !text.Any(char.IsControl) && IsUnicode(text);

    // JSON from outside holds no lone surrogate; a text of our own code might, and would not survive the wire.
    private static bool IsUnicode(string text)
    {
        foreach (var rune in text.EnumerateRunes())
        {
            if (rune == Rune.ReplacementChar)
                return false;
        }

        return true;
    }

    private static void WriteArray(Utf8JsonWriter writer, ReadOnlySpan<byte> name, ImmutableArray<string> values)
    {
        writer.WriteStartArray(name);
        foreach (var value in values)
            writer.WriteStringValue(value);
        writer.WriteEndArray();
    }
}
