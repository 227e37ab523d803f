using Writ.Rego.Bundles;
using Writ.Rego.Values;
using Writ.Server.Policies;

namespace Writ.Server.Tests;

/// <summary>Policies of one rule, for tests of what lies around it.</summary>
internal static class TestPolicies
{
    /// <summary>Allows everything, so that the broker's own rules are what is tested.</summary>
    public static readonly PolicyVersion Open = Of("allow := true");

    public static readonly IPolicyEngine Engine = new EmbeddedEngine(TimeProvider.System);

    /// <summary>The rule <c>writ.rules.tested</c> with this text.</summary>
    public static PolicyVersion Of(string text) => PolicyVersion.Of(FilesOf(text));

    public static PolicySet FilesOf(string text) =>
        new([new PolicyFile("tested.rego", $"package writ.rules.tested\n\n{text}\n")], RegoObject.Empty);
}
