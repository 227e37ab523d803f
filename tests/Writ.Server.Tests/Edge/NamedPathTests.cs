using Microsoft.AspNetCore.Routing;
using Writ.Server.Edge;

namespace Writ.Server.Tests.Edge;

/// <summary>Paths that hold a name of several parts (RFC 6570 §3.2.3): what they take, and how they are answered.
/// </summary>
public sealed class NamedPathTests(SharedBrokers brokers) : IClassFixture<SharedBrokers>
{
    [Theory]
    [InlineData("/things/{+name}", "a", "a", null)]
    [InlineData("/things/{+name}", "a/b/c", "a/b/c", null)]
    [InlineData("/things/{+name}", "a/b/", "a/b", null)]
    [InlineData("/things/{+name}/stop", "a/b/stop", "a/b", null)]
    [InlineData("/things/{+name}/stop", "a/STOP", "a", null)]
    [InlineData("/things/{+name}/stop", "stop/stop", "stop", null)]
    [InlineData("/things/{+name}/keys/{id}", "a/keys/k1", "a", "k1")]
    [InlineData("/things/{+name}/keys/{id}", "a/b/keys/keys/", "a/b", "keys")]
    public void Name_is_all_before_what_follows_it(string path, string rest, string name, string? id)
    {
        var values = new RouteValueDictionary { ["rest"] = rest };

        Assert.True(NamedPath.Of(path, 3)!.Takes(values));
        Assert.Equal((name, id), ((string?)values["name"], (string?)values["id"]));
    }

    [Theory]
    [InlineData("/things/{+name}", null)]
    [InlineData("/things/{+name}", "")]
    [InlineData("/things/{+name}", "/")]
    [InlineData("/things/{+name}", "a//b")]
    [InlineData("/things/{+name}", "a//")]
    [InlineData("/things/{+name}", "/a")]
    [InlineData("/things/{+name}", "a/b/c/d")] // more than a name may have
    [InlineData("/things/{+name}/stop", "stop")]
    [InlineData("/things/{+name}/stop", "/stop")]
    [InlineData("/things/{+name}/stop", "a/stops")]
    [InlineData("/things/{+name}/keys/{id}", "a/keys")]
    [InlineData("/things/{+name}/keys/{id}", "keys/k1")]
    [InlineData("/things/{+name}/keys/{id}", "a/keys//")]
    public void Other_paths_are_not_taken(string path, string? rest) =>
        Assert.False(NamedPath.Of(path, 3)!.Takes(new RouteValueDictionary { ["rest"] = rest }));

    [Fact]
    public void Path_without_a_name_is_none() => Assert.Null(NamedPath.Of("/things/{id}", 3));

    [Theory]
    [InlineData("GET", "agent/billing", 401, null)]
    [InlineData("GET", "a/b/c/d/e/f/", 401, null)]
    [InlineData("GET", "a/b/c/d/e/f/g", 404, null)]
    [InlineData("GET", "agent//billing", 404, null)]
    [InlineData("PUT", "agent/billing", 405, "GET, OPTIONS, PATCH")]
    [InlineData("POST", "agent/billing/suspend", 401, null)]
    [InlineData("POST", "a/b/c/d/e/f/suspend", 401, null)]
    [InlineData("GET", "agent/billing/suspend", 405, "OPTIONS, POST")]
    [InlineData("POST", "agent/billing/keys", 401, null)]
    [InlineData("DELETE", "agent/billing/keys/key_1", 401, null)]
    [InlineData("POST", "agent/billing/keys/suspend", 405, "DELETE, OPTIONS")]
    public async Task Identities_are_reached_by_their_names(string method, string name, int status, string? allowed)
    {
        var broker = await brokers.OfAsync(Engine.Sqlite);
        var request = new HttpRequestMessage(new HttpMethod(method), $"/v1/identities/{name}");

        using var response = await broker.Http.SendAsync(request);

        Assert.Equal(status, (int)response.StatusCode);
        Assert.Equal(allowed ?? "", string.Join(", ", response.Content.Headers.Allow));
    }

    [Fact]
    public async Task Metrics_tell_paths_apart_as_the_table_of_endpoints_does()
    {
        var broker = await brokers.OfAsync(Engine.Sqlite);
        await broker.Http.GetAsync("/v1/identities/agent/billing");
        await broker.Http.PostAsync("/v1/identities/agent/billing/resume", null);

        var text = await broker.Http.GetStringAsync(broker.ManagementOrigin + "/metrics");

        Assert.Contains("route=\"/v1/identities/{+name}\"", text, StringComparison.Ordinal);
        Assert.Contains("route=\"/v1/identities/{+name}/resume\"", text, StringComparison.Ordinal);
        Assert.DoesNotContain("{**rest", text, StringComparison.Ordinal);
    }
}
