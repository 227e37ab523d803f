using Writ.Rego.Builtins;
using Writ.Rego.Values;

namespace Writ.Rego.Tests.Builtins;

/// <summary>RE2's syntax and Go's rules of matching.</summary>
public class RegexTests
{
    [Theory]
    [InlineData("^a.c$", "abc", true)]
    [InlineData("^abc$", "abc\n", false)]
    [InlineData("(?m)^b$", "a\nb\nc", true)]
    [InlineData("a.c", "a\nc", false)]
    [InlineData("(?s)a.c", "a\nc", true)]
    [InlineData("(?i)STRASSE", "strasse", true)]
    [InlineData(@"^\d+$", "٣", false)]
    [InlineData(@"^\pL+$", "héllo", true)]
    [InlineData(@"^\p{Greek}+$", "αβγ", true)]
    [InlineData(@"^\P{Greek}+$", "abc", true)]
    [InlineData(@"^[[:alpha:]_\d]+$", "a_1", true)]
    [InlineData(@"^[^[:space:]]$", " ", false)]
    [InlineData(@"^\Qa.b\E$", "a.b", true)]
    [InlineData(@"^\x{1F600}$", "😀", true)]
    [InlineData("^.$", "😀", true)]
    [InlineData("^[😀-😂]$", "😁", true)]
    [InlineData("^[^a]$", "😀", true)]
    [InlineData("^😀{2}$", "😀😀", true)]
    [InlineData(@"^\07\x41\t$", "\aA\t", true)]
    [InlineData("^a{,2}$", "a{,2}", true)]
    [InlineData("^(?P<x>a)(?:b)$", "ab", true)]
    [InlineData(@"\bfoo\b", "a foo b", true)]
    public void Matches(string pattern, string text, bool matches) =>
        Assert.Equal(matches ? "true" : "false", BuiltinCall.Show("regex.match", Json(pattern, text)));

    [Theory]
    [InlineData("(", "missing closing ): `(`")]
    [InlineData("a)", "unexpected )")]
    [InlineData("[a", "missing closing ]: `[a`")]
    [InlineData("*a", "missing argument to repetition operator: `*`")]
    [InlineData("a**", "invalid nested repetition operator: `**`")]
    [InlineData("a{2}{3}", "invalid nested repetition operator: `{2}{3}`")]
    [InlineData("a{1001}", "invalid repeat count: `{1001}`")]
    [InlineData("((a{100}){100}){100}", "invalid repeat count: `{100}`")]
    [InlineData("(?:a{2,}b{7}){143}", "invalid repeat count: `{143}`")]
    [InlineData("a**?", "invalid nested repetition operator: `**?`")]
    [InlineData("{2}", "missing argument to repetition operator: `{2}`")]
    [InlineData("|*", "missing argument to repetition operator: `*`")]
    [InlineData("(?i)*", "missing argument to repetition operator: `*`")]
    [InlineData("(?P<n>a)(?P<n>b)", "duplicate capture group name: `n`")]
    [InlineData("(?=a)", "invalid or unsupported Perl syntax: `(?=`")]
    [InlineData("(?<!a)", "invalid named capture")]
    [InlineData(@"(a)\1", @"invalid escape sequence: `\1`")]
    [InlineData(@"\pX", @"invalid character class range: `\pX`")]
    [InlineData("[b-a]", "invalid character class range: `b-a`")]
    public void What_RE2_does_not_know_is_an_error(string pattern, string message)
    {
        Assert.StartsWith("!error parsing regexp: " + message, BuiltinCall.Show("regex.match", Json(pattern, "")));
        Assert.Equal("false", BuiltinCall.Show("regex.is_valid", Json(pattern)));
    }

    [Theory]
    [InlineData("regex.find_n", "[\"a*\", \"baaac\", -1]", "[\"\",\"aaa\",\"\"]")]
    [InlineData("regex.find_n", "[\"a|ab\", \"abab\", 1]", "[\"a\"]")]
    [InlineData("regex.find_n", "[\"(?U)a+\", \"aaa\", -1]", "[\"a\",\"a\",\"a\"]")]
    [InlineData("regex.find_all_string_submatch_n", "[\"a(x*)b(y)?\", \"-axxb-ab-\", -1]",
        "[[\"axxb\",\"xx\",\"\"],[\"ab\",\"\",\"\"]]")]
    [InlineData("regex.split", "[\"a\", \"banana\"]", "[\"b\",\"n\",\"n\",\"\"]")]
    [InlineData("regex.split", "[\"\", \"añ😀\"]", "[\"a\",\"ñ\",\"😀\"]")]
    [InlineData("regex.replace", "[\"-ab-axxb-\", \"a(?P<w>x*)b\", \"${w}.$1x$$\"]", "\"-.$-xx.$-\"")]
    [InlineData("regex.template_match", "[\"urn:<[0-9]+>:x.\", \"urn:12:x.\", \"<\", \">\"]", "true")]
    [InlineData("regex.template_match", "[\"urn:<.*>\", \"urn:a\", \"<<\", \">\"]",
        "!start delimiter has to be exactly one character long but is 2 long")]
    [InlineData("regex.globs_match", "[\"a.a.[0-9]+z\", \".b.b2359825792*594823z\"]", "true")]
    [InlineData("regex.globs_match", "[\"[a-z]+\", \"[0-9]*\"]", "false")]
    public void Finds_splits_and_replaces(string name, string operands, string result) =>
        Assert.Equal(result, BuiltinCall.Show(name, operands));

    [Fact]
    public void A_hostile_pattern_takes_linear_time()
    {
        var text = new string('a', 50_000) + "!";
        Assert.Equal("false", BuiltinCall.Show("regex.match", Json("^(a+)+$", text)));
        Assert.Equal("false", BuiltinCall.Show("regex.match", Json("^(a|aa)*$", text)));
        var glob = string.Concat(Enumerable.Repeat("*a", 50));
        Assert.Equal("false", BuiltinCall.Show("glob.match", $"[\"{glob}\", null, \"{text}\"]"));
    }

    [Fact]
    public void What_nests_too_deeply_is_an_error()
    {
        var pattern = Nested(1000);
        Assert.Equal(
            $"!error parsing regexp: expression nests too deeply: `{pattern}`",
            BuiltinCall.Show("regex.match", Json(pattern, "a")));
        Assert.Equal("true", BuiltinCall.Show("regex.match", Json(Nested(999), "a")));

        static string Nested(int depth) => new string('(', depth) + "a" + new string(')', depth);
    }

    [Theory]
    [InlineData("(|a)*", "aa", """["","",""]""")]
    [InlineData("(|a)+", "aa", """["","",""]""")]
    [InlineData("(a|)+", "aa", """["aa"]""")]
    [InlineData("(a*)*", "baa", """["","aa"]""")]
    [InlineData("(a*?)*?b", "aab", """["aab"]""")]
    [InlineData(@"(?:\\B|.)+", "abab", """["abab"]""")]
    public void Loops_over_nothing_end_as_those_of_Go(string pattern, string text, string found) =>
        Assert.Equal(found, BuiltinCall.Show("regex.find_n", $"[\"{pattern}\", \"{text}\", -1]"));

    [Theory]
    [InlineData("(?:[ab]{0,30}a){30}c")]
    [InlineData("(?:[ab]{0,100}a)*c")]
    [InlineData("(?:(?:a?){0,30}b?){30}c")]
    [InlineData("a[ab]{0,300}b[ab]{0,300}c")]
    [InlineData("(?:(?:a{1,10}b?){1,10}){1,10}c")]
    public void Counts_within_counts_take_linear_time(string pattern)
    {
        var chance = new Chance(1);
        var text = string.Concat(Enumerable.Range(0, 2_000).Select(_ => "ab"[chance.Below(2)]));
        Assert.Equal("false", BuiltinCall.Show("regex.match", Json(pattern, text)));
        Assert.Equal("true", BuiltinCall.Show("regex.match", Json(pattern, text + "c")));
        Assert.Equal("[]", BuiltinCall.Show("regex.find_n", $"[\"{pattern}\", \"{text}\", -1]"));
    }

    [Fact]
    public void A_long_search_ends_with_the_time_of_its_query()
    {
        var chance = new Chance(1); // letters at random: each is a state that the search has not seen
        var query = new PolicyCompiler().Compile().Prepare("regex.find_n(`(?:[ab]{0,30}a){30}c`, input, -1)");
        var error = Assert.Throws<RegoError>(() => query.Run(new QueryInput
        {
            Input = RegoString.Of(string.Concat(Enumerable.Range(0, 1_000_000).Select(_ => "ab"[chance.Below(2)]))),
            Limits = EvaluationLimits.Default with { Time = TimeSpan.FromMilliseconds(50) },
        }));
        Assert.Contains("took longer than", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(@"\bpassword\b", "épassword", true)]
    [InlineData(@"\bpassword\b", "xpassword", false)]
    [InlineData(@"\bpassword\b", "é password😀", true)]
    [InlineData(@"é\B", "éa", false)]
    [InlineData(@"^é\bа\B.$", "éаx", false)]
    [InlineData(@"^\pL\b\w+$", "éab", true)]
    [InlineData(@"^\p{Greek}\B\p{Cyrillic}$", "αб", true)]
    [InlineData(@"^\p{Greek}\B\p{Cyrillic}$", "бα", false)]
    [InlineData(@"^[^é]\B[^\pL]$", "ü\uE000", true)]
    [InlineData(@"^[^é]\B[^\pL]$", "é\uE000", false)]
    [InlineData(@"^\x{1F600}\ba", "😀a", true)]
    public void Words_are_those_of_ASCII(string pattern, string text, bool matches) =>
        Assert.Equal(matches ? "true" : "false", BuiltinCall.Show("regex.match", Json(pattern, text)));

    [Fact]
    public void What_matched_beside_a_boundary_is_the_text_s_own()
    {
        Assert.Equal("[[\"éa\",\"é\"]]", BuiltinCall.Show(
            "regex.find_all_string_submatch_n", """["(\\pL)\\ba", "ü éa", -1]"""));
        Assert.Equal("\"(é)(a)\"", BuiltinCall.Show("regex.replace", """["éa", "(\\pL)\\b", "($1)"]"""));
    }

    [Theory]
    [InlineData("(?i)^[^a-z]+$", "ABC", false)]
    [InlineData("(?i)^[^k]$", "\u212A", false)]
    [InlineData(@"(?i)^\W$", "\u017F", false)]
    [InlineData("(?i)^pass$", "paſS", true)]
    [InlineData("(?i)^σ$", "ς", true)]
    [InlineData("(?i)^𐐀$", "𐐨", true)]
    [InlineData("(?i)^[à-ý]$", "É", true)]
    [InlineData("(?i)^i$", "ı", false)]
    public void Cases_are_folded_before_a_class_is_negated(string pattern, string text, bool matches) =>
        Assert.Equal(matches ? "true" : "false", BuiltinCall.Show("regex.match", Json(pattern, text)));

    [Theory]
    [InlineData("^.{0,100}evil", "😀evil", true)]
    [InlineData("^[a-z0-9-]{1,253}$", "example-org", true)]
    [InlineData("^[a-z0-9-]{1,253}$", "example_org", false)]
    public void Long_counts_match(string pattern, string text, bool matches) =>
        Assert.Equal(matches ? "true" : "false", BuiltinCall.Show("regex.match", Json(pattern, text)));

    [Fact]
    public void A_pattern_that_is_too_large_fails_the_query()
    {
        var pattern = string.Concat(Enumerable.Repeat("[ab]{1,1000}", 1000));
        var error = Assert.Throws<BuiltinError>(() => BuiltinCall.Invoke("regex.match", Json(pattern, "")));
        Assert.True(error.IsFatal);
        error = Assert.Throws<BuiltinError>(() => BuiltinCall.Invoke("regex.is_valid", Json(pattern)));
        Assert.True(error.IsFatal);
    }

    [Fact]
    public void A_long_glob_matches()
    {
        var glob = string.Concat(Enumerable.Repeat("?", 300)) + "*";
        Assert.Equal("true", BuiltinCall.Show("glob.match", $"[\"{glob}\", [], \"{new string('é', 300)}\"]"));
    }

    private static string Json(params string[] texts) => System.Text.Json.JsonSerializer.Serialize(texts);
}
