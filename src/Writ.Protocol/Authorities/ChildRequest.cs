using System.Collections.Immutable;

namespace Writ.Protocol;

/// <summary>What a child asks for.</summary>
/// <param name="Now">The present moment, from the caller's clock.</param>
/// <param name="Authority">What it wants to do; null asks for all that the parent has.</param>
/// <param name="Audience">Where; empty asks for all of the parent's.</param>
/// <param name="Lifetime">For how long; null asks for the longest allowed.</param>
/// <param name="AddsActor">
/// Whether another actor joins the chain (delegation), or the same one narrows for itself.
/// </param>
public sealed record ChildRequest(
    DateTimeOffset Now,
    Authority? Authority,
    ImmutableArray<string> Audience,
    TimeSpan? Lifetime,
    bool AddsActor);
