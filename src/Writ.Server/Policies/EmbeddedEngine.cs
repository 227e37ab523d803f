using Writ.Rego.Values;

namespace Writ.Server.Policies;

/// <summary>The policy in this process: the usual engine.</summary>
public sealed class EmbeddedEngine(TimeProvider time) : IPolicyEngine
{
    public string? NameOf(PolicyVersion version) => version.Digest;

    public ValueTask<PolicyAnswer> AskAsync(
        PolicyVersion version, RegoObject input, DateTimeOffset now, CancellationToken cancel) =>
        new(version.Ask(input, now, time));

    public RegoValue KeyOf(PolicyVersion version, RegoObject input) => version.KeyOf(input);

    public bool IsOfSubject(PolicyVersion version, PolicyAnswer.Refused no, RegoObject input, DateTimeOffset now) =>
        no.Rules.Any(rule => version.RefusesSubject(rule, input, now, time));
}
