using System.Collections.Immutable;
using System.Text.Json.Nodes;

namespace Writ.Cli.Apply;

/// <summary>What one document asks for, held against the register.</summary>
internal abstract record ApplyStep
{
    private ApplyStep(Manifest manifest) => Manifest = manifest;

    public Manifest Manifest { get; }

    /// <summary>What was done, or would be.</summary>
    public abstract string Verb { get; }

    /// <summary>It is not there yet.</summary>
    public sealed record Create(Manifest Wanted) : ApplyStep(Wanted)
    {
        public override string Verb => "created";
    }

    /// <summary>It is there, otherwise.</summary>
    /// <param name="Wanted">The document.</param>
    /// <param name="Changes">The members that differ.</param>
    /// <param name="NewKeys">Keys of an identity that are not registered yet.</param>
    public sealed record Change(
        Manifest Wanted, ImmutableArray<MemberChange> Changes, ImmutableArray<JsonObject> NewKeys)
        : ApplyStep(Wanted)
    {
        public override string Verb => "changed";
    }

    /// <summary>It is there, just so.</summary>
    public sealed record Keep(Manifest Wanted) : ApplyStep(Wanted)
    {
        public override string Verb => "unchanged";
    }
}

/// <summary>A member that differs.</summary>
/// <param name="Member">Its name.</param>
/// <param name="From">What the register says; null when it says nothing.</param>
/// <param name="To">What the document says.</param>
internal sealed record MemberChange(string Member, JsonNode? From, JsonNode? To);
