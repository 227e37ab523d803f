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

    /// <summary>Refuses everything but the management API.</summary>
    public const string Closed = """
        package writ.rules.closed

        default allow := false

        allow if input.resource.type == "writ"

        reasons contains "closed_today"
        """;

    /// <summary>The rule <c>writ.rules.tested</c> with this text.</summary>
    public static PolicyVersion Of(string text) => PolicyVersion.Of(FilesOf(text));

    public static PolicySet FilesOf(string text) =>
        new([new PolicyFile("tested.rego", $"package writ.rules.tested\n\n{text}\n")], RegoObject.Empty);

    /// <summary>The body of a push of that module, with other files beside it.</summary>
    public static object Push(string module, params (string Name, string Text)[] more) => new
    {
        files = more.Prepend(("a.rego", module)).Select(f => new { name = f.Item1, text = f.Item2 }),
        source = "a test",
    };

    /// <summary>Asks for a module to come into force; the answer is the test's to look at.</summary>
    public static Task<Reply> PushAsync(
        this TestCaller owner, string module, params (string Name, string Text)[] more) =>
        owner.PostAsync("/v1/policies", Push(module, more));
}
