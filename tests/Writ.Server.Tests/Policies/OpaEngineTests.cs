using System.Net;
using System.Text.Json;
using Writ.Protocol;
using Writ.Rego.Values;
using Writ.Server.Policies;

namespace Writ.Server.Tests.Policies;

/// <summary>An OPA instead of the policy in this process: the same answers, and no where it does not answer.</summary>
public sealed class OpaEngineTests
{
    private static readonly RegoObject Input = (RegoObject)RegoValue.ParseJson("""{"x": 1}""");

    [Fact]
    public async Task Question_and_answer_are_those_of_OPA()
    {
        var asked = "";

        var answer = await AskAsync(async request =>
        {
            Assert.Equal("https://opa.example/v1/data/writ/decision?provenance=true", request.RequestUri!.AbsoluteUri);
            asked = await request.Content!.ReadAsStringAsync();
            return Reply("""{"result": {"answer": {"allow": true, "obligations": [{"notify": "team:a"}]}}}""");
        });

        Assert.Equal(1, JsonElement.Parse(asked).GetProperty("input").GetProperty("x").GetInt32());
        Assert.Single(Assert.IsType<PolicyAnswer.Allowed>(answer).Obligations);
    }

    [Fact]
    public async Task Refusal_keeps_its_reasons()
    {
        var answer = await AskAsync(_ => Task.FromResult(Reply("""
            {"result": {"answer": {"allow": false, "obligations": []}, "why": {"refused": ["a"], "reasons": ["b"]}}}
            """)));

        var refused = Assert.IsType<PolicyAnswer.Refused>(answer);
        Assert.Equal(["a"], refused.Rules);
        Assert.Equal(["b"], refused.Reasons);
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("""{"result": true}""")]
    [InlineData("""{"result": {"answer": {"allow": "true", "obligations": []}}}""")]
    [InlineData("""{"result": {"answer": {"allow": true}}}""")]
    [InlineData("{")]
    [InlineData("")]
    public async Task Anything_else_is_no_yes(string body)
    {
        var answer = await AskAsync(_ => Task.FromResult(Reply(body)));

        Assert.IsType<PolicyAnswer.Refused>(answer);
    }

    [Fact]
    public async Task Obligations_that_are_no_list_refuse()
    {
        var answer = await AskAsync(_ => Task.FromResult(Reply(
            """{"result": {"answer": {"allow": true, "obligations": "none"}}}""")));

        var (all, code) = Obligations.None.And(Assert.IsType<PolicyAnswer.Allowed>(answer).Obligations);
        Assert.Null(all);
        Assert.Equal("obligation_invalid", code);
    }

    [Fact]
    public async Task Engine_that_is_away_or_late_or_fails_refuses()
    {
        Func<HttpRequestMessage, Task<HttpResponseMessage>>[] faults =
        [
            _ => throw new HttpRequestException("away"),
            _ => throw new TaskCanceledException("late"),
            _ => Task.FromResult(new HttpResponseMessage(HttpStatusCode.InternalServerError)),
            _ => Task.FromResult(new HttpResponseMessage(HttpStatusCode.Redirect)),
        ];
        foreach (var fault in faults)
            Assert.Equal(
                ["policy_engine_away"], Assert.IsType<PolicyAnswer.Refused>(await AskAsync(fault)).Reasons);
    }

    [Fact]
    public async Task Version_is_what_each_answer_says_of_its_bundles()
    {
        const string answer = """
            {"result": {}, "provenance": {"version": "1.2.3", "bundles": {"writ": {"revision": "REVISION"}}}}
            """;

        var seven = await AskAsync(_ => Task.FromResult(Reply(Of("7"))));
        var eight = await AskAsync(_ => Task.FromResult(Reply(Of("8"))));
        var none = await AskAsync(_ => Task.FromResult(Reply("""{"result": {}}""")));

        static string Of(string revision) => answer.Replace("REVISION", revision, StringComparison.Ordinal);
        Assert.Equal(("opa writ=7", "opa writ=8", "opa"), (seven.Version, eight.Version, none.Version));
    }

    private static async Task<PolicyAnswer> AskAsync(Func<HttpRequestMessage, Task<HttpResponseMessage>> answer)
    {
        using var handler = new Opa(answer);
        using var http = new HttpClient(handler);
        var engine = new OpaEngine(http, new Uri("https://opa.example"));
        return await engine.AskAsync(TestPolicies.Open, Input, DateTimeOffset.UnixEpoch, CancellationToken.None);
    }

    private static HttpResponseMessage Reply(string body) =>
        new(HttpStatusCode.OK) { Content = new StringContent(body) };

    private sealed class Opa(Func<HttpRequestMessage, Task<HttpResponseMessage>> answer) : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(
            HttpRequestMessage request, CancellationToken cancellationToken) => answer(request);
    }
}
