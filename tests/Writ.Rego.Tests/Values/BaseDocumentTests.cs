using System.Diagnostics;
using System.Globalization;
using System.Text;
using Writ.Rego.Values;

namespace Writ.Rego.Tests.Values;

/// <summary>What a base document costs: at most four times its text.</summary>
[Collection(nameof(Alone))]
public class BaseDocumentTests(ITestOutputHelper output)
{
    private const int Short = 4;
    private const int Long = 100;
    private const double MostOfText = 4;

    [Fact]
    [Trait("Soak", "documents")]
    public void A_document_costs_at_most_four_times_its_text()
    {
        var megabytes = Soak.Rounds(Short, Long);
        foreach (var (name, open, make) in Kinds)
        {
            var (ratio, touched, seconds) = Measure(Grow(open, make, megabytes));
            Soak.Figure(string.Create(
                CultureInfo.InvariantCulture,
                $"{name}, {megabytes} MB: loaded in {seconds:0.00} s, {ratio:0.00} × the text, {touched:0.00} × read"));
            output.WriteLine($"{name}: {ratio} {touched} {seconds}");
            Assert.True(ratio <= MostOfText, $"{name} costs {ratio} times its text");
            if (Soak.IsLong) // of a small text everything may stay built
                Assert.True(touched <= MostOfText, $"{name} costs {touched} times its text when all is read");
        }
    }

    [Fact]
    public void Parts_that_are_given_up_are_read_again()
    {
        var json = Grow('[', i => $$"""{"id":{{i}},"more":[{{i}},"text {{i}}",{"é{{i}}":null}]}""", 5);
        var value = (RegoArray)RegoValue.ParseJsonDocument(json);
        var whole = RegoValue.ParseJson(json);
        var text = whole.ToJson();
        Assert.Equal(text, value.ToJson());
        Assert.Equal(0, whole.CompareTo(value));
        Assert.Equal(whole, value);
        Parallel.For(0, 2, _ => Assert.Equal(text, value.ToJson()));
    }

    [Theory]
    [InlineData("\"\"")]
    [InlineData("\"a\"")]
    [InlineData("\"orders:read\"")]
    [InlineData("\"größer\"")]
    [InlineData("\"日本 and a text that is long enough to be shared with nobody\"")]
    [InlineData("\"tab\\tand \\u00e9\"")]
    [InlineData("\"\ud83d\ude00 face\"")]
    public void String_of_a_document_is_like_any_other(string json)
    {
        var bytes = Encoding.UTF8.GetBytes($"[{json},{json}]");
        var document = (RegoArray)RegoValue.ParseJsonDocument(bytes);
        var plain = RegoValue.ParseJson(json);
        foreach (var item in document)
        {
            Assert.Equal(plain, item);
            Assert.Equal(item, plain);
            Assert.Equal(plain.GetHashCode(), item.GetHashCode());
            Assert.Equal(0, plain.CompareTo(item));
            Assert.Equal(plain.ToString(), item.ToString());
            Assert.NotEqual(RegoString.Of("orders:reax"), item);
            Assert.NotEqual(item, RegoString.Of("größeR"));
            Assert.True(RegoSet.Of(plain).Contains(item));
        }

        Assert.Equal(document[0], document[1]);
    }

    private static (string Name, char Open, Func<int, string> Make)[] Kinds =>
    [
        ("records", '[', i => $$$"""
            {"id":"u-{{{i:x8}}}","name":"user number {{{i}}}","roles":["viewer","editor-{{{i % 40}}}"],"active":true,
            "age":{{{i % 90}}},"team":{"id":{{{i % 500}}},"path":"/org/{{{i % 17}}}/team"} }
            """),
        ("numbers", '[', i => $"[{i},{i * 7919L},{i % 1000}.5]"),
        ("texts", '[', i => $"\"a text of its own that nobody else has, number {i}\""),
        ("one large object", '{', i => $$"""
            "grant-{{i:x8}}":["orders:read","orders:write"]
            """),
    ];

    private static byte[] Grow(char open, Func<int, string> make, int megabytes)
    {
        var text = new StringBuilder().Append(open);
        for (var i = 0; text.Length < megabytes * 1_000_000; i++)
        {
            text.Append(i == 0 ? "" : ",").Append(make(i));
        }

        return Encoding.UTF8.GetBytes(text.Append(open == '[' ? ']' : '}').ToString());
    }

    private static (double Ratio, double Touched, double Seconds) Measure(byte[] json)
    {
        var size = json.Length;
        var before = GC.GetTotalMemory(forceFullCollection: true) - size;
        var watch = Stopwatch.StartNew();
        var value = RegoValue.ParseJsonDocument(json);
        watch.Stop();
        var loaded = GC.GetTotalMemory(forceFullCollection: true) - before;
        value.GetHashCode(); // reads every part
        var touched = GC.GetTotalMemory(forceFullCollection: true) - before;
        GC.KeepAlive(value);
        return ((double)loaded / size, (double)touched / size, watch.Elapsed.TotalSeconds);
    }
}
