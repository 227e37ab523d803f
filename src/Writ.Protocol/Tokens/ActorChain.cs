using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json;

namespace Writ.Protocol;

/// <summary>Who acts for whom: the nested <c>act</c> claim (RFC 8693 §4.1), current actor first.</summary>
public sealed record ActorChain
{
    /// <summary>The deepest chain that is read; the limit for issuing is policy and lies below.</summary>
    public const int MaxDepth = 12;

    private ActorChain(ImmutableArray<string> subjects) => Subjects = subjects;

    /// <summary>Nobody acts for the subject but itself.</summary>
    public static ActorChain None { get; } = new([]);

    /// <summary>The <c>sub</c> of each actor, the current (outermost) one first.</summary>
    public ImmutableArray<string> Subjects { get; }

    /// <summary>How many actors.</summary>
    public int Depth => Subjects.Length;

    /// <summary>The one who acts now; null when the subject acts itself.</summary>
    public string? Current => Subjects.IsEmpty ? null : Subjects[0];

    /// <summary>The chain with another actor in front.</summary>
    /// <exception cref="InvalidOperationException">The chain is as deep as can be written.</exception>
    public ActorChain Push(string subject) =>
        Depth < MaxDepth
            ? new ActorChain(Subjects.Insert(0, subject))
            : throw new InvalidOperationException("The chain of actors is too deep.");

    /// <summary>Builds a chain, current actor first.</summary>
    /// <exception cref="ArgumentException">Too many.</exception>
    public static ActorChain Of(params IEnumerable<string> subjects)
    {
        ImmutableArray<string> list = [.. subjects];
        if (list.Length > MaxDepth)
            throw new ArgumentException("The chain of actors is too deep.", nameof(subjects));
        return list.IsEmpty ? None : new ActorChain(list);
    }

    /// <summary>Writes the claim's value; the chain must not be empty.</summary>
    public void WriteTo(Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        writer.WriteString("sub"u8, Subjects[0]);
        for (var i = 1; i < Subjects.Length; i++)
        {
            writer.WriteStartObject("act"u8);
            writer.WriteString("sub"u8, Subjects[i]);
        }

        for (var i = 0; i < Subjects.Length; i++)
            writer.WriteEndObject();
    }

    /// <summary>
    /// Reads the claim's value. Each level must have a <c>sub</c>; other members identify, and are ignored.
    /// </summary>
    public static bool TryParse(JsonElement act, [NotNullWhen(true)] out ActorChain? chain)
    {
        chain = null;
        var subjects = ImmutableArray.CreateBuilder<string>();
        var level = act;
        while (true)
        {
            if (level.ValueKind != JsonValueKind.Object
                || StrictJson.TextOf(level, "sub"u8) is not { Length: > 0 } subject
                || subjects.Count == MaxDepth)
            {
                return false;
            }

            subjects.Add(subject);
            if (!level.TryGetProperty("act"u8, out var next))
                break;
            level = next;
        }

        chain = new ActorChain(subjects.ToImmutable());
        return true;
    }

    /// <inheritdoc/>
    public bool Equals(ActorChain? other) =>
        other is not null && Subjects.AsSpan().SequenceEqual(other.Subjects.AsSpan());

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Depth, Current);

    /// <inheritdoc/>
    public override string ToString() => string.Join(" < ", Subjects);
}
