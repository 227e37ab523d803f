using Writ.Protocol;
using Writ.Server.Storage;

namespace Writ.Server.Tests;

/// <summary>What is kept of stored texts is bounded by length: an agent opens tasks as it likes.</summary>
public sealed class StoredTests
{
    private const int MostKept = 8 * 1024 * 1024;

    [Fact]
    public void Long_text_is_read_and_not_kept()
    {
        var json = JsonOf(40, "long");
        Assert.True(json.Length > 4 * 1024);

        Assert.NotSame(Stored.Authority(json), Stored.Authority(json));
    }

    [Fact]
    public void Short_texts_are_kept_within_a_bound()
    {
        for (var i = 0; i < 4000; i++)
        {
            Stored.Authority(JsonOf(20, $"short-{i}"));
            Assert.InRange(Stored.KeptCharacters, 0, MostKept + (64 * 1024)); // other tests read, too
        }
        var last = JsonOf(20, "last");
        Assert.Same(Stored.Authority(last), Stored.Authority(last));
    }

    private static string JsonOf(int datatypes, string name) => Authority.Of(AuthorizationDetail.Of(
        [ActionName.Parse("orders:read")], ["https://orders.example"],
        Enumerable.Range(0, datatypes).Select(i => $"{name}-{i}-{new string('x', 100)}"))).ToJson();
}
