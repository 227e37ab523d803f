using System.Text;
using Writ.Rego.Values;

namespace Writ.Rego.Tests.Values;

public class RegoValueTests
{
    private static readonly RegoValue[] InOrder =
    [
        RegoNull.Instance, RegoBoolean.False, RegoBoolean.True, RegoNumber.Of(-1), RegoNumber.Parse("0.5"),
        RegoNumber.Of(7), RegoString.Empty, RegoString.Of("a"), RegoString.Of("ab"), RegoString.Of("\uFFFD"),
        RegoString.Of("\U00010000"), RegoArray.Empty, RegoArray.Of(RegoNumber.One), RegoArray.Of(RegoNumber.Of(2)),
        RegoObject.Empty, Map(("a", 1)), Map(("a", 1), ("b", 0)), Map(("a", 2)), RegoSet.Empty,
        RegoSet.Of(RegoNumber.One), RegoSet.Of(RegoNumber.One, RegoNumber.Of(5)), RegoSet.Of(RegoNumber.Of(2)),
    ];

    [Fact]
    public void The_order_is_total_over_all_kinds()
    {
        for (var i = 0; i < InOrder.Length; i++)
        {
            for (var j = 0; j < InOrder.Length; j++)
            {
                Assert.Equal(Math.Sign(i.CompareTo(j)), Math.Sign(InOrder[i].CompareTo(InOrder[j])));
                Assert.Equal(i == j, InOrder[i].Equals(InOrder[j]));
            }
        }
    }

    [Fact]
    public void Sets_and_objects_do_not_know_the_order_in_which_they_were_filled()
    {
        var numbers = Enumerable.Range(0, 1000).Select(i => (RegoValue)RegoNumber.Of(i * 7919 % 1000)).ToArray();
        var (there, back) = (RegoSet.Of(numbers), RegoSet.Of([.. numbers.Reverse()]));
        Assert.Equal(there, back);
        Assert.Equal(there.GetHashCode(), back.GetHashCode());
        Assert.Equal(Enumerable.Range(0, 1000).Select(i => RegoNumber.Of(i)), back);
        Assert.All(numbers, number => Assert.True(back.Contains(number)));
        Assert.False(back.Contains(RegoNumber.Of(1000)));
    }

    [Fact]
    public void A_key_is_found_by_value()
    {
        var map = new RegoObject.Builder().Set(RegoNumber.One, RegoBoolean.True).Set("s", RegoNull.Instance).Build();
        Assert.True(map.TryGet(RegoNumber.Parse("1.0"), out _));
        Assert.True(map.TryGet("s", out _));
        Assert.False(map.TryGet("t", out _));
        Assert.Equal("""{1: true, "s": null}""", map.ToString());
    }

    [Fact]
    public void A_builder_tells_what_is_there_already()
    {
        var builder = new RegoObject.Builder();
        Assert.True(builder.TryAdd(RegoString.Of("k"), RegoNumber.One, out _));
        Assert.False(builder.TryAdd(RegoString.Of("k"), RegoNumber.Zero, out var present));
        Assert.Equal(RegoNumber.One, present);
        Assert.Equal(RegoNumber.One, builder.Build()[RegoString.Of("k")]);
    }

    [Fact]
    public void Json_is_written_as_Go_writes_it()
    {
        var value = RegoArray.Of(
            RegoString.Of("<&>\u2028\u0001\n\"é"), RegoSet.Of(RegoNumber.Of(2), RegoNumber.One),
            new RegoObject.Builder().Set(RegoArray.Of(RegoNull.Instance), RegoBoolean.False)
                .Set("b", RegoNumber.Parse("1.0")).Build());
        Assert.Equal(
            """["\u003c\u0026\u003e\u2028\u0001\n\"é",[1,2],{"[null]":false,"b":1.0}]""", value.ToJson());
    }

    [Fact]
    public void Bytes_that_are_no_text_come_back_as_they_were()
    {
        byte[] bytes = [0xFF, (byte)'a', 0xC3, 0xA9, 0x80];
        var text = RegoString.OfUtf8(bytes);
        Assert.Equal(bytes, text.ToUtf8());
        Assert.Equal("\"\uFFFDaé\uFFFD\"", text.ToJson());
        Assert.Equal("\"\\xffaé\\x80\"", text.ToString());
    }

    [Theory]
    [InlineData("""{"a":[1,2,{"b":null}],"c":"d\u00e9\ud83d\ude00","n":-1.5e3}""")]
    [InlineData("""[]""")]
    [InlineData("""{"":{}}""")]
    public void Json_read_lazily_is_the_same(string json)
    {
        var lazy = RegoValue.ParseJsonDocument(Encoding.UTF8.GetBytes(json));
        Assert.Equal(RegoValue.ParseJson(json), lazy);
        Assert.Equal(RegoValue.ParseJson(json).ToJson(), lazy.ToJson());
    }

    [Fact]
    public void Of_equal_keys_the_last_counts_and_a_lone_surrogate_is_replaced()
    {
        Assert.Equal("""{"a":3,"b":2}""", RegoValue.ParseJson("""{"a":1,"b":2,"a":3}""").ToJson());
        Assert.Equal(RegoString.Of("\uFFFDx"), RegoValue.ParseJson("""
            "\ud800x"
            """));
    }

    [Theory]
    [InlineData("")]
    [InlineData("[1,]")]
    [InlineData("{\"a\":1}x")]
    [InlineData("nul")]
    [InlineData("[01]")]
    public void What_is_no_json_is_refused(string json)
    {
        Assert.Throws<FormatException>(() => RegoValue.ParseJson(json));
        Assert.Throws<FormatException>(() => RegoValue.ParseJsonDocument(Encoding.UTF8.GetBytes(json)));
    }

    [Fact]
    public void Deep_json_is_an_error_and_no_crash() =>
        Assert.Throws<FormatException>(() => RegoValue.ParseJson(new string('[', 1_000_000)));

    [Fact]
    public void Large_documents_are_the_same_read_lazily()
    {
        var records = Enumerable.Range(0, 3000).Select(i =>
            $$$"""{"id":{{{i}}},"name":"user {{{i}}}","roles":["r{{{i % 7}}}"],"nested":{"deep":{"x":[{{{i}}}]} } }""");
        var json = $$"""{"users":[{{string.Join(',', records)}}]}""";
        var lazy = RegoValue.ParseJsonDocument(Encoding.UTF8.GetBytes(json));
        var users = (RegoArray)((RegoObject)lazy)[RegoString.Of("users")];
        Assert.Equal(RegoNumber.Of(2999), ((RegoObject)users[2999])[RegoString.Of("id")]);
        Assert.Equal(RegoValue.ParseJson(json), lazy);
    }

    private static RegoObject Map(params (string Key, int Value)[] members)
    {
        var builder = new RegoObject.Builder();
        foreach (var (key, value) in members)
        {
            builder.Set(key, RegoNumber.Of(value));
        }

        return builder.Build();
    }
}
