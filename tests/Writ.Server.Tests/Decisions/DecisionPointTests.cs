using FsCheck;
using FsCheck.Fluent;
using Writ.Protocol;
using Writ.Server.Decisions;
using Writ.Server.Storage;

namespace Writ.Server.Tests;

/// <summary>P2 at the one place where yes is said: the answer lies within every bound, of authority and time.</summary>
public sealed class DecisionPointTests
{
    private const int Cases = 3000;

    [Fact]
    public void What_is_granted_exceeds_no_bound() => ForAll(c => c.Decide() switch
    {
        Decision.Granted { Grant.What: Granting.Token { Claims: var token } } =>
            c.Bounds.All(bound => Narrowing.Contains(bound, token.Authority))
            && token.Audience.All(a => c.Wanted.Locations.Contains(a))
            && token.Audience.Length == token.Authority.Locations.Count(),
        _ => true,
    });

    [Fact]
    public void Life_ends_with_whatever_ends_first() => ForAll(c => c.Decide() switch
    {
        Decision.Granted { Grant.What: Granting.Token { Claims: var token } } =>
            token.ExpiresAt == c.End && token.ExpiresAt > token.IssuedAt && token.IssuedAt == DecisionCase.Now,
        _ => true,
    });

    [Fact]
    public void What_lies_within_all_bounds_is_granted_and_what_exceeds_one_is_denied() => ForAll(c =>
        c.Decide() is Decision.Granted
            == (c.End > DecisionCase.Now && c.Bounds.All(bound => Narrowing.Contains(bound, c.Wanted))));

    [Fact]
    public void Token_is_bound_to_its_caller_key_task_and_ancestors() => ForAll(c => c.Decide() switch
    {
        Decision.Granted { Grant.What: Granting.Token { Claims: var token } } =>
            token.Confirmation is Confirmation.Jkt && token.TaskId == "task_1" && token.Jti == "at_1"
            && token.Ancestors.Jtis.SequenceEqual(c.Parent is null ? [] : ["at_0"])
            && token.Ancestors.TaskIds.SequenceEqual(c.Parent is null ? [] : ["task_0"]),
        _ => true,
    });

    [Fact]
    public void Same_ask_and_facts_give_the_same_answer() => ForAll(c => (c.Decide(), c.Decide()) switch
    {
        (Decision.Granted one, Decision.Granted two) => one.Grant.Digest == two.Grant.Digest,
        (Decision.Denied one, Decision.Denied two) => one.Reason == two.Reason && one.Id == two.Id,
        _ => false,
    });

    // A property that is hardly ever put to the test holds nothing.
    [Fact]
    public void Cases_reach_beyond_every_bound_often_enough()
    {
        var cases = Gen.Sample(DecisionCase.All, Cases).ToList();
        Assert.All(
            new Func<DecisionCase, bool>[]
            {
                c => c.Decide() is Decision.Granted,
                c => !Narrowing.Contains(c.Entitled, c.Wanted),
                c => !Narrowing.Contains(c.Workflow, c.Wanted),
                c => !Narrowing.Contains(c.Task, c.Wanted),
            },
            axis => Assert.InRange(cases.Count(axis), Cases / 10, Cases));
        var children = cases.Where(c => c.Parent is not null).ToList();
        Assert.InRange(
            children.Count(c => !Narrowing.Contains(c.Parent!, c.Wanted)), children.Count / 5, children.Count);
    }

    [Fact]
    public void Revoked_ended_or_foreign_task_gives_nothing()
    {
        var plain = DecisionCase.Plain();
        Assert.IsType<Decision.Granted>(plain.Decide());
        Denied(Reason.TaskNotOpen, plain.Ask(), plain.Facts(revoked: true));
        Denied(Reason.TaskNotOpen, With(t => t with { Status = TaskStatusName.Completed }), plain.Facts());
        Denied(Reason.NotYourTask, With(t => t with { Agent = "spiffe://example.org/agent/x" }), plain.Facts());
        Denied(Reason.TaskRequired, plain.Ask(a => a with { Task = null }), plain.Facts());

        Ask.Token With(Func<TaskRow, TaskRow> change) => plain.Ask(a => a with { Task = change(a.Task!) });
    }

    [Fact]
    public void Chain_that_is_too_long_gives_nothing()
    {
        var plain = DecisionCase.Plain();
        var chain = ActorChain.Of(Enumerable.Range(0, 5).Select(i => $"spiffe://example.org/agent/a{i}"));
        Denied(Reason.TooDeep, plain.Ask(a => a with { Actors = chain }), plain.Facts());
    }

    [Fact]
    public void Caller_whose_tokens_are_dying_gets_none()
    {
        var plain = DecisionCase.Plain();
        var pause = TimeSpan.FromSeconds(4.5);
        Denied(Reason.TooSoon with { RetryAfter = pause }, plain.Ask(), plain.Facts() with { Dying = pause });
    }

    [Fact]
    public void Implicit_task_is_named_by_its_refreshes_alone()
    {
        var plain = DecisionCase.Plain();
        Ask.Token Named(string grantType) => plain.Ask(
            a => a with { GrantType = grantType, Family = "rt_1", Task = a.Task! with { Implicit = true } });

        Denied(Reason.TaskNotOpen, Named(GrantTypes.TokenExchange), plain.Facts());
        Denied(Reason.TaskNotOpen, Named(GrantTypes.ClientCredentials), plain.Facts());
        Assert.IsType<Decision.Granted>(
            DecisionCase.Decide(Named(GrantTypes.RefreshToken), plain.Facts()));
    }

    private static void Denied(Reason reason, Ask ask, Facts facts) =>
        Assert.Equal(
            reason, Assert.IsType<Decision.Denied>(DecisionCase.Decide(ask, facts)).Reason);

    private static void ForAll(Func<DecisionCase, bool> holds) =>
        Check.One(
            Config.QuickThrowOnFailure.WithMaxTest(Cases).WithQuietOnSuccess(true),
            Prop.ForAll(DecisionCase.All.ToArbitrary(), holds));
}
