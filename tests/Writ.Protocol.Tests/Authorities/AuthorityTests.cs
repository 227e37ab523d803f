using System.Text.Json;

namespace Writ.Protocol.Tests;

// RFC 9396 §2 and §5
public sealed class AuthorityTests
{
    private static readonly ActionName Read = ActionName.Parse("orders:read");
    private static readonly ActionName List = ActionName.Parse("orders:list");

    [Fact]
    public void Lists_are_sorted_and_distinct()
    {
        Assert.True(Authority.TryParse(
            """
            [{"type":"writ_access","locations":["https://b.example","https://a.example","https://b.example"],
              "actions":["orders:read","orders:list","orders:read"],"datatypes":["y","x","y"],"identifier":"42"}]
            """,
            out var authority,
            out _));
        Assert.Equal(
            """
            [{"type":"writ_access","actions":["orders:list","orders:read"],
            "locations":["https://a.example","https://b.example"],"datatypes":["x","y"],"identifier":"42"}]
            """.ReplaceLineEndings(""),
            authority.ToJson());
        Assert.Equal("orders:list orders:read", authority.Scope);
    }

    [Theory]
    [InlineData("""{}""")]
    [InlineData("""[1]""")]
    [InlineData("""[{}]""")]
    [InlineData("""[{"type":"other","actions":["a:b"],"locations":["https://a.example"]}]""")]
    [InlineData("""[{"type":["writ_access"],"actions":["a:b"],"locations":["https://a.example"]}]""")]
    [InlineData("""[{"type":"writ_access","actions":["a:b"]}]""")]
    [InlineData("""[{"type":"writ_access","locations":["https://a.example"]}]""")]
    [InlineData("""[{"type":"writ_access","actions":[],"locations":["https://a.example"]}]""")]
    [InlineData("""[{"type":"writ_access","actions":["a:b"],"locations":[]}]""")]
    [InlineData("""[{"type":"writ_access","actions":["a:b"],"locations":["https://a.example"],"datatypes":[]}]""")]
    [InlineData("""[{"type":"writ_access","actions":["a:b"],"locations":["https://a.example"],"datatypes":null}]""")]
    [InlineData("""[{"type":"writ_access","actions":["a:b"],"locations":["https://a.example"],"datatypes":[""]}]""")]
    [InlineData("""[{"type":"writ_access","actions":["a:b"],"locations":["https://a.example"],"identifier":null}]""")]
    [InlineData("""[{"type":"writ_access","actions":["a:b"],"locations":["https://a.example"],"identifier":""}]""")]
    [InlineData("""[{"type":"writ_access","actions":["a:b"],"locations":["https://a.example"],"identifier":7}]""")]
    [InlineData("""[{"type":"writ_access","actions":["a:b"],"locations":["https://a.example"],"privileges":["x"]}]""")]
    [InlineData("""[{"type":"writ_access","actions":["a:b"],"locations":["https://a.example"],"Actions":["x:y"]}]""")]
    [InlineData("""[{"type":"writ_access","actions":"a:b","locations":["https://a.example"]}]""")]
    [InlineData("""[{"type":"writ_access","actions":["a"],"locations":["https://a.example"]}]""")]
    [InlineData("""[{"type":"writ_access","actions":["*"],"locations":["https://a.example"]}]""")]
    [InlineData("""[{"type":"writ_access","actions":[1],"locations":["https://a.example"]}]""")]
    [InlineData("""[{"type":"writ_access","actions":["a:b"],"actions":["c:d"],"locations":["https://a.example"]}]""")]
    [InlineData("""[{"type":"writ_access","actions":["a:b"],"locations":["https://a.example"]}] x""")]
    public void What_is_unknown_mistyped_or_empty_is_refused(string json) =>
        Assert.False(Authority.TryParse(json, out _, out _));

    [Theory]
    [InlineData("https://a.example/x#part")]
    [InlineData("/relative")]
    [InlineData("a.example")]
    [InlineData("https://a.example/a b")]
    [InlineData("https://a.example/\u00e4")]
    [InlineData("https://a.example/<x>")]
    [InlineData("https://")]
    [InlineData("")]
    public void A_location_is_an_absolute_uri_without_fragment(string location) =>
        Assert.False(AuthorizationDetail.IsLocation(location));

    [Theory]
    [InlineData("https://a.example")]
    [InlineData("https://a.example:8443/api?x=1")]
    [InlineData("urn:writ:shop")]
    [InlineData("spiffe://example.org/mcp/tools")]
    [InlineData("postgresql://db.example/orders")]
    public void Any_scheme_will_do(string location) => Assert.True(AuthorizationDetail.IsLocation(location));

    [Fact]
    public void Too_many_combinations_are_refused_before_they_are_worked_on()
    {
        var actions = string.Join(',', Enumerable.Range(0, 33).Select(i => $"\"a{i}:b\""));
        var locations = string.Join(',', Enumerable.Range(0, 32).Select(i => $"\"https://{i}.example\""));
        var json = $$"""[{"type":"writ_access","actions":[{{actions}}],"locations":[{{locations}}]}]""";
        Assert.False(Authority.TryParse(json, out _, out var error));
        Assert.Contains("too many", error, StringComparison.Ordinal);
    }

    [Fact]
    public void Two_spellings_of_one_authority_are_equal()
    {
        var joined = Authority.Of(AuthorizationDetail.Of([Read, List], ["https://a.example", "https://b.example"]));
        var split = Authority.Of(
            AuthorizationDetail.Of([List], ["https://b.example"]),
            AuthorizationDetail.Of([Read], ["https://b.example", "https://a.example"]),
            AuthorizationDetail.Of([List], ["https://a.example"]),
            AuthorizationDetail.Of([List], ["https://a.example"], ["x"], "42"));
        Assert.Equal(joined, split);
        Assert.Equal(joined.GetHashCode(), split.GetHashCode());
        Assert.Equal(joined.ToJson(), split.ToJson());
    }

    [Fact]
    public void Separators_inside_names_do_not_confuse_the_canonical_form()
    {
        var one = AuthorizationDetail.Of([Read], ["https://a.example"], ["x,y"], "i");
        var other = AuthorizationDetail.Of([Read], ["https://a.example"], ["x", "y"], "i");
        Assert.NotEqual(Authority.Of(one), Authority.Of(other));
        Assert.Equal(Authority.Of(one, other), Authority.Of(other, one));
        Assert.Equal(3, Authority.Of(one, other).Details.Single().Datatypes!.Value.Length);
    }

    [Fact]
    public void Allows_knows_the_difference_between_all_and_some()
    {
        var authority = Authority.Of(
            AuthorizationDetail.Of([Read], ["https://a.example"], ["x"]),
            AuthorizationDetail.Of([Read], ["https://a.example"], identifier: "42"));
        Assert.True(authority.Allows(Read, "https://a.example", "x", null));
        Assert.True(authority.Allows(Read, "https://a.example", "x", "42"));
        Assert.True(authority.Allows(Read, "https://a.example", "z", "42"));
        Assert.True(authority.Allows(Read, "https://a.example", null, "42"));
        Assert.False(authority.Allows(Read, "https://a.example"));
        Assert.False(authority.Allows(Read, "https://a.example", "z", "43"));
        Assert.False(authority.Allows(List, "https://a.example", "x", "42"));
        Assert.False(authority.Allows(Read, "https://b.example", "x", "42"));
    }

    [Fact]
    public void The_empty_authority_is_an_empty_array()
    {
        Assert.True(Authority.TryParse("[]", out var authority, out _));
        Assert.True(authority.IsEmpty);
        Assert.Equal(Authority.Empty, authority);
        Assert.Equal("[]", authority.ToJson());
        Assert.Equal("", authority.Scope);
    }

    [Fact]
    public void Building_a_detail_of_nonsense_throws()
    {
        Assert.Throws<ArgumentException>(() => AuthorizationDetail.Of([], ["https://a.example"]));
        Assert.Throws<ArgumentException>(() => AuthorizationDetail.Of([Read], []));
        Assert.Throws<ArgumentException>(() => AuthorizationDetail.Of([Read], ["nowhere"]));
        Assert.Throws<ArgumentException>(() => AuthorizationDetail.Of([Read], ["https://a.example"], []));
        Assert.Throws<ArgumentException>(() => AuthorizationDetail.Of([Read], ["https://a.example"], null, "a\nb"));
    }

    // RFC 9396's own examples use other types: each is well-formed, and each is refused (§5: unknown type).
    [Fact]
    public void Examples_of_rfc9396_are_refused_for_their_type_only()
    {
        if (!Vectors.TryRead("oauth/examples.json", out var examples))
            return;

        var seen = 0;
        foreach (var example in examples.EnumerateArray())
        {
            if (!example.GetProperty("source").GetString()!.Contains("rfc9396", StringComparison.Ordinal))
                continue;
            if (DetailsIn(example.GetProperty("text").GetString()!) is not { } details)
                continue;
            seen++;
            Assert.False(Authority.TryParse(details, out _, out var error));
            Assert.Equal("the type of an authorization detail must be writ_access", error);
        }

        Assert.True(seen >= 5, $"only {seen} examples were understood");
    }

    private static JsonElement? DetailsIn(string text)
    {
        if (!StrictJson.TryParse(text, 16, out var json, out _))
            return null;
        if (json.ValueKind == JsonValueKind.Object)
            return json.TryGetProperty("authorization_details", out var inner) ? inner : null;
        return json.ValueKind == JsonValueKind.Array ? json : null;
    }
}
