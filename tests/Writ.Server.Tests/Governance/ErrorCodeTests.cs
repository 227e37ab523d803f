using System.Text.RegularExpressions;
using Writ.Testing;

namespace Writ.Server.Tests.Governance;

/// <summary>
/// docs/errors.md against the source, of the broker and of the SDK: every code that is given is explained, and none
/// that is not.
/// </summary>
public sealed class ErrorCodeTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    /// <summary>The places where the source gives a code.</summary>
    private static readonly string[] Places =
    [
        @"OAuthError\.\w+\(\s*(?:""[^""]*""|\$""[^""]*""|\w+(?:\.\w+)*),\s*""(?<code>[a-z0-9_]+)""",
        @"(?:ClaimFailure|Reason)\(\s*""(?<code>[a-z0-9_]+)""",
        @"(?:ClaimFailure|Reason) \w+ =\s*new\(\s*""(?<code>[a-z0-9_]+)""",
        @"(?:ClaimFailure|Reason) \w+\([^)]*\) =>\s*new\(\s*""(?<code>[a-z0-9_]+)""",
        @"OAuthError \w+\([^)]*\) =>\s*new\(\s*""(?<code>[a-z0-9_]+)""",
        @"ProblemAsync\(\s*http,\s*[\w.]+,\s*""(?<code>[a-z0-9_]+)""",
        @"BodyFault\(\s*[\w.]+,\s*""(?<code>[a-z0-9_]+)""",
        @"\bRefuse\(\s*[\w.]+,\s*""(?<code>[a-z0-9_]+)""",
        @"\bRefused\(\s*""[^""]*"",\s*""(?<code>[a-z0-9_]+)""",
        @"WritException\(\s*""(?<code>[a-z0-9_]+)""",
        @"\b(Token|Proof)\(""(?<code>[a-z0-9_]+)""",
        @"new\(\d{3}, (null|""[^""]*""), ""(?<code>[a-z0-9_]+)""",
        @"const string (Unreachable|BadAnswer|UseNonce) = ""(?<code>[a-z0-9_]+)""",
        @"Code \?\? ""(?<code>[a-z0-9_]+)""",
    ];

    [Fact]
    public void Every_code_that_is_given_is_explained()
    {
        Assert.Empty(Given().Except(Explained(), StringComparer.Ordinal).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Every_code_that_is_explained_is_in_the_source()
    {
        var source = string.Concat(Sources());

        Assert.DoesNotContain(Explained(), code => !source.Contains($"\"{code}\"", StringComparison.Ordinal));
    }

    [Fact]
    public void Codes_are_found_in_the_source_at_all()
    {
        // If the patterns above rotted, the first test would hold of nothing.
        Assert.Superset(
            new HashSet<string>(
            [
                "last_owner", "role_too_low", "conflict", "code_invalid", "token_invalid", "in_use",
                "not_of_this_run", "token_revoked", "proof_missing", "verifier_stale", "token_missing", "no_mtls",
                "broker_unreachable", "use_dpop_nonce",
            ]),
            Given());
    }

    private static HashSet<string> Given()
    {
        var codes = new HashSet<string>(StringComparer.Ordinal);
        foreach (var source in Sources())
            foreach (var place in Places)
                foreach (Match match in Regex.Matches(source, place, RegexOptions.ExplicitCapture, Limit))
                    codes.Add(match.Groups["code"].Value);
        return codes;
    }

    private static HashSet<string> Explained()
    {
        var text = File.ReadAllText(Repository.At("docs/errors.md"));
        var codes = new HashSet<string>(StringComparer.Ordinal);
        foreach (var line in text.Split('\n').Where(l => l.StartsWith("| `", StringComparison.Ordinal)))
            foreach (Match match in Regex.Matches(
                line.Split('|')[1], "`(?<code>[a-z0-9_]+)`", RegexOptions.ExplicitCapture, Limit))
                codes.Add(match.Groups["code"].Value);
        codes.Remove("error");
        return codes;
    }

    private static IEnumerable<string> Sources() =>
        new[] { "src/Writ.Server", "src/Writ.Protocol/Requests", "src/Writ.Client" }
            .SelectMany(f => Directory.EnumerateFiles(Repository.At(f), "*.cs", SearchOption.AllDirectories))
            .Where(f => !f.Contains("/obj/", StringComparison.Ordinal))
            .Select(File.ReadAllText);
}
