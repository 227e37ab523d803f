using Writ.Rego.Values;

namespace Writ.Server.Policies;

/// <summary>What evaluates the policy: this process, or an OPA beside it.</summary>
public interface IPolicyEngine
{
    /// <summary>How records name the version that it asks.</summary>
    string NameOf(PolicyVersion version);

    /// <summary>Asks one question. Never throws for what a policy or an engine can do: that is a no.</summary>
    ValueTask<PolicyAnswer> AskAsync(
        PolicyVersion version, RegoObject input, DateTimeOffset now, CancellationToken cancel);
}
