using Microsoft.Extensions.Options;

namespace Writ.Client.Tests;

public sealed class ResourceServerModelTests
{
    [Fact]
    public void Origin_of_the_proofs_is_that_of_the_first_resource()
    {
        var model = ResourceServerModel.Of(Good(writ => writ.Resources["orders"] = "https://api.example.org/orders"));
        Assert.Equal("https://api.example.org", model.PublicOrigin);
    }

    [Fact]
    public void Origin_can_be_another_where_a_proxy_stands_before_it()
    {
        var model = ResourceServerModel.Of(Good(writ => writ.PublicOrigin = "https://edge.example.org"));
        Assert.Equal("https://edge.example.org", model.PublicOrigin);
    }

    [Theory]
    [InlineData("not a SPIFFE id")]
    [InlineData("")]
    public void Identity_that_is_no_spiffe_id_is_refused(string id) => AssertRefused(writ => writ.ClientId = id);

    [Fact]
    public void No_resource_at_all_is_refused() => AssertRefused(writ => writ.Resources.Clear());

    [Theory]
    [InlineData("Orders", "https://orders.example.org")]
    [InlineData("orders", "orders.example.org")]
    [InlineData("orders", "http://orders.example.org")]
    public void Resource_that_is_malformed_or_unsafe_is_refused(string name, string uri) => AssertRefused(writ =>
    {
        writ.Resources.Clear();
        writ.Resources[name] = uri;
    });

    [Fact]
    public void Times_that_make_no_sense_are_refused()
    {
        AssertRefused(writ => writ.StaleAfter = TimeSpan.Zero);
        AssertRefused(writ => writ.Skew = TimeSpan.FromSeconds(-1));
        AssertRefused(writ => writ.ProofMaxAge = TimeSpan.Zero);
    }

    private static void AssertRefused(Action<WritOptions> change) =>
        Assert.Throws<OptionsValidationException>(() => ResourceServerModel.Of(Good(change)));

    private static WritOptions Good(Action<WritOptions> change)
    {
        var options = new WritOptions
        {
            Issuer = "https://writ.example.org",
            ClientId = "spiffe://example.org/workload/orders-api",
        };
        options.Resources["orders"] = "https://orders.example.org";
        change(options);
        return options;
    }
}
