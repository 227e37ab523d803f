using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Json;

namespace Writ.Protocol;

/// <summary>
/// What somebody may do: a union of <see cref="AuthorizationDetail"/>s in canonical form. Two authorities are equal
/// exactly when they allow the same, however they were written.
/// </summary>
public sealed record Authority
{
    /// <summary>
    /// How many combinations of action, location and datatype an authority from outside may span. What we issue is an
    /// intersection of such, so reading our own tokens takes a multiple.
    /// </summary>
    public const int MaxAtoms = 1024;

    private const int MaxIssuedAtoms = 16 * MaxAtoms;

    // Made when first needed and then kept: an entitlement is narrowed by many requests. Two threads may both make
    // it; either copy will do, for a table does not change once it is made.
    private AuthorityTable? _table;

    private Authority(ImmutableArray<AuthorizationDetail> details) => Details = details;

    /// <summary>Nothing at all.</summary>
    public static Authority Empty { get; } = new([]);

    /// <summary>The canonical details, disjoint and sorted.</summary>
    public ImmutableArray<AuthorizationDetail> Details { get; }

    /// <summary>Whether nothing is allowed.</summary>
    public bool IsEmpty => Details.IsEmpty;

    /// <summary>How many combinations it spans: what writing it down and reading it costs.</summary>
    public long Atoms => Details.Sum(detail => detail.Atoms);

    /// <summary>Every location, sorted and distinct.</summary>
    public IEnumerable<string> Locations =>
        Details.Length == 1 ? Details[0].Locations : SortedText.Of(Details.SelectMany(detail => detail.Locations));

    /// <summary>The <c>scope</c> that says the same more coarsely: distinct sorted actions, joined by spaces.</summary>
    public string Scope => string.Join(' ', SortedText.Of(Details.SelectMany(d => d.Actions, (_, a) => a.Value)));

    /// <summary>The union of details.</summary>
    public static Authority Of(params IEnumerable<AuthorizationDetail> details)
    {
        ImmutableArray<AuthorizationDetail> list = [.. details];
        return list.Length switch
        {
            0 => Empty,
            1 => new Authority(list),
            _ => Of(new AuthorityTable(list)),
        };
    }

    /// <summary>The union of authorities.</summary>
    public static Authority Union(params IEnumerable<Authority> authorities) =>
        Of(authorities.SelectMany(authority => authority.Details));

    /// <summary>Reads the array of <c>authorization_details</c>; an empty array is the empty authority.</summary>
    public static bool TryParse(
        JsonElement array,
        [NotNullWhen(true)] out Authority? authority,
        [NotNullWhen(false)] out string? error)
    {
        error = AuthorizationDetailReader.Read(array, MaxAtoms, out var details);
        authority = error is null ? Of(details) : null;
        return error is null;
    }

    /// <inheritdoc cref="TryParse(JsonElement, out Authority?, out string?)"/>
    public static bool TryParse(
        string json,
        [NotNullWhen(true)] out Authority? authority,
        [NotNullWhen(false)] out string? error)
    {
        authority = null;
        return StrictJson.TryParse(json, StrictJson.DefaultMaxDepth, out var array, out error)
            && TryParse(array, out authority, out error);
    }

    /// <summary>Writes the JSON array.</summary>
    public void WriteTo(Utf8JsonWriter writer)
    {
        writer.WriteStartArray();
        foreach (var detail in Details)
            detail.WriteTo(writer);
        writer.WriteEndArray();
    }

    /// <summary>The JSON array as text; the same text for the same authority.</summary>
    public string ToJson() => Encoding.UTF8.GetString(JsonBytes.Write(WriteTo));

    /// <summary>Whether one action at one location is allowed, for any datatype and identifier.</summary>
    public bool Allows(ActionName action, string location) => Allows(action, location, null, null);

    /// <summary>
    /// Whether one action at one location on one datatype (null: all) of one thing (null: any) is allowed.
    /// </summary>
    public bool Allows(ActionName action, string location, string? datatype, string? identifier)
    {
        // One detail must allow it alone: canonical details are disjoint but for "all datatypes" of one identifier,
        // and a finite list never adds up to all.
        foreach (var detail in Details)
        {
            if (detail.Actions.Contains(action)
                && SortedText.Contains(detail.Locations, location)
                && (detail.Identifier is null || detail.Identifier == identifier)
                && (detail.Datatypes is not { } names
                    || (datatype is not null && SortedText.Contains(names, datatype))))
            {
                return true;
            }
        }

        return false;
    }

    /// <inheritdoc/>
    public bool Equals(Authority? other) =>
        other is not null && Details.AsSpan().SequenceEqual(other.Details.AsSpan());

    /// <inheritdoc/>
    public override int GetHashCode() => IsEmpty ? 0 : HashCode.Combine(Details.Length, Details[0]);

    /// <inheritdoc/>
    public override string ToString() => string.Join(' ', Details);

    internal AuthorityTable Table => _table ??= new AuthorityTable(Details);

    /// <summary>Reads what the broker itself signed.</summary>
    internal static string? ReadIssued(JsonElement array, out Authority authority)
    {
        var error = AuthorizationDetailReader.Read(array, MaxIssuedAtoms, out var details);
        authority = error is null ? Of(details) : Empty;
        return error;
    }

    internal static Authority Of(AuthorityTable table)
    {
        var details = table.ToDetails();
        return details.IsEmpty ? Empty : new Authority(details) { _table = table };
    }
}
