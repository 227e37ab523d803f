using System.Globalization;
using System.Text.Json;
using Writ.Server.Audit;
using Writ.Server.Decisions;
using Writ.Server.Edge;
using Writ.Server.Policies;
using Writ.Testing;

namespace Writ.Server.Tests.Access;

/// <summary>Nobody's questions keep the broker busy, nor fill its log, beyond what one may.</summary>
public sealed class QuestionBudgetTests
{
    [Fact]
    public async Task Who_has_spent_its_time_waits_and_that_is_one_record()
    {
        await using var broker = await TestBroker.StartAsync(
            Engine.Sqlite, configure: s => s with { QuestionTime = TimeSpan.FromMicroseconds(20) });
        var world = await broker.Seed.WorldAsync();
        var question = Asking.Question(world.Agent, "orders:read", world.Orders.Name);
        Assert.Equal((true, null), Asking.DecisionOf(await world.Agent.AskAsync(question))); // and that was all
        var head = await broker.HeadAsync();

        var refused = await world.Agent.AskAsync(question);

        Assert.Equal((429, "budget_spent"), (refused.Status, refused.Code));
        var wait = int.Parse(refused.Headers.GetValues("Retry-After").Single(), CultureInfo.InvariantCulture);
        Assert.InRange(wait, 1, 60);
        Assert.Equal(429, (await world.Agent.PostAsync("/access/v1/search/action", new
        {
            subject = new { type = "agent", id = world.Agent.Id },
            resource = new { type = "resource", id = world.Orders.Name },
        })).Status);
        Assert.Equal(429, (await world.Agent.GetAsync("/access/v1/bundle?resource=x")).Status);
        broker.Wiring.Failures.Flush();
        await broker.Wiring.Audit.AppendOwnActAsync(new() { Kind = "test.end" }, []);
        var counted = Assert.Single(
            await broker.RecordsAsync(head), r => r.GetProperty("kind").GetString() == "request.refuse");
        Assert.Equal("counted", counted.GetProperty("reason").GetString());
        Assert.Equal("budget_spent", counted.GetProperty("detail").GetProperty("code").GetString());
        Assert.Equal("3", counted.GetProperty("detail").GetProperty("count").GetString());
        // Only questions wait; and they do not wait for ever.
        Assert.Equal(200, (await world.Agent.GetAsync("/v1/tasks")).Status);
        await broker.AdvanceAsync(TimeSpan.FromSeconds(wait + 1));
        Assert.Equal((true, null), Asking.DecisionOf(await world.Agent.AskAsync(question)));
    }

    [Fact]
    public async Task Who_has_filled_its_share_of_the_log_waits()
    {
        await using var broker = await TestBroker.StartAsync(
            Engine.Sqlite, configure: s => s with { QuestionBytes = 8 * 1024 });
        var world = await broker.Seed.WorldAsync();
        var question = Asking.Unregistered(new { words = new string('x', 20_000) });
        Assert.Equal(200, (await world.Agent.AskAsync(question)).Status);

        Assert.Equal((429, "budget_spent"), CodeOf(await world.Agent.AskAsync(question)));
    }

    [Fact]
    public async Task Question_among_many_is_not_decided_when_all_is_spent()
    {
        await using var broker = await TestBroker.StartAsync(
            Engine.Sqlite, configure: s => s with { QuestionTime = TimeSpan.FromMicroseconds(20) });
        var world = await broker.Seed.WorldAsync();
        var one = Asking.Question(world.Agent, "orders:read", world.Orders.Name);

        var reply = await world.Agent.PostAsync(
            "/access/v1/evaluations", new { evaluations = Enumerable.Repeat(one, 20).ToArray() });

        Assert.Equal(200, reply.Status);
        var answers = reply.Json.GetProperty("evaluations").EnumerateArray().ToList();
        Assert.True(answers[0].GetProperty("decision").GetBoolean());
        var last = answers[^1].GetProperty("context");
        Assert.Equal("budget_spent", last.GetProperty("code").GetString());
        Assert.Equal(429, last.GetProperty("error").GetProperty("status").GetInt32());
    }

    [Fact]
    public void What_flows_in_is_two_seconds_worth_at_the_most()
    {
        var time = FakeTimeProvider.AtPresent();
        var settings = new Settings
        {
            TrustDomain = Protocol.TrustDomain.Parse("example.org"),
            Issuer = "https://writ.example.org",
            DataDirectory = "/nowhere",
            QuestionTime = TimeSpan.FromSeconds(1),
        };
        var budget = new QuestionBudget(settings, time);
        budget.ChargeTime("a", 1);
        time.Advance(TimeSpan.FromHours(1));

        budget.ChargeTime("a", 2_000_000_000);
        Assert.Null(budget.WaitOf("b"));
        Assert.True(budget.IsSpent("a"));
        budget.ChargeTime("a", 3_000_000_000);
        Assert.Equal(3, budget.WaitOf("a")!.Value.TotalSeconds, precision: 1);

        time.Advance(TimeSpan.FromSeconds(3.5));
        Assert.False(budget.IsSpent("a"));
        time.Advance(TimeSpan.FromSeconds(2));
        budget.Prune(); // forgets nobody who would gain by it
        budget.ChargeTime("a", 1_900_000_000);
        Assert.False(budget.IsSpent("a"));
    }

    [Fact]
    public async Task What_whoever_asks_says_is_in_the_record_once_and_can_be_asked_again()
    {
        await using var broker = await TestBroker.StartAsync(Engine.Sqlite);
        var world = await broker.Seed.WorldAsync();

        await world.Agent.AskAsync(Asking.Unregistered(new { reason = "on call" }));

        var record = await Asking.RecordAsync(broker);
        var text = record.GetProperty("detail").GetProperty(PolicyDetail.Input).GetString()!;
        Assert.Equal(2, text.Split("department").Length);
        Assert.True(RecordedQuestion.TryParse(text, out var question));
        var again = question.Inputs.Single().ToJson();
        var input = JsonElement.Parse(again);
        Assert.Equal("science", input.GetProperty("subject").GetProperty("properties")
            .GetProperty("department").GetString());
        var said = input.GetProperty("context").GetProperty("caller");
        Assert.Equal("science", said.GetProperty("subject").GetProperty("properties")
            .GetProperty("department").GetString());
        Assert.Equal("rick@the-citadel.com", said.GetProperty("resource").GetProperty("properties")
            .GetProperty("owner").GetString());
        Assert.Equal("on call", said.GetProperty("context").GetProperty("reason").GetString());
    }

    private static (int, string?) CodeOf(Reply reply) => (reply.Status, reply.Code);
}
