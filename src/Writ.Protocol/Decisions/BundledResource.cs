using System.Collections.Immutable;
using System.Text.Json;

namespace Writ.Protocol;

/// <summary>A resource, as the policy is told of it.</summary>
/// <param name="Facts">The <c>resource</c> of a question: <c>type</c>, <c>id</c>, <c>properties</c>.</param>
/// <param name="Uri">Its URI.</param>
/// <param name="Actions">The actions that it knows.</param>
public sealed record BundledResource(JsonElement Facts, string Uri, ImmutableArray<string> Actions);
