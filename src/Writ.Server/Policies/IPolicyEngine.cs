using Writ.Rego.Values;

namespace Writ.Server.Policies;

/// <summary>What evaluates the policy: this process, or an OPA beside it.</summary>
public interface IPolicyEngine
{
    /// <summary>How records name the version that it asks; null: each answer says which one that was.</summary>
    string? NameOf(PolicyVersion version);

    /// <summary>Asks one question. Never throws for what a policy or an engine can do: that is a no.</summary>
    ValueTask<PolicyAnswer> AskAsync(
        PolicyVersion version, RegoObject input, DateTimeOffset now, CancellationToken cancel);

    /// <summary>What of a question has a say in its answer: those that agree on it are answered alike at one moment.
    /// </summary>
    RegoValue KeyOf(PolicyVersion version, RegoObject input);

    /// <summary>Whether it refused for the subject's sake alone, and so would whatever they asked. Where that cannot be
    /// told, no.</summary>
    bool IsOfSubject(PolicyVersion version, PolicyAnswer.Refused no, RegoObject input, DateTimeOffset now);
}
