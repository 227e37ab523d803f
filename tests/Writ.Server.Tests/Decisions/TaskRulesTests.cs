using FsCheck;
using FsCheck.Fluent;
using Writ.Protocol;
using Writ.Server.Decisions;
using Writ.Server.Storage;

namespace Writ.Server.Tests;

/// <summary>P2 where a task is opened: it exceeds neither its workflow, nor its agent's entitlements, nor its parent,
/// nor the scope of whoever starts it, on any axis. Judged atom by atom, not by the function under test.</summary>
public sealed class TaskRulesTests
{
    private const int Cases = 4000;
    private const string Unforeseen = "unforeseen"; // stands for every name that nobody wrote down

    private static readonly string[] Axes = ["action", "location", "datatype", "identifier"];

    [Fact]
    public void Opened_task_lies_within_every_bound() => ForAll(c => Opened(c) is not { } task
        || (c.StarterMay && c.TermsHold && c.Bounds.All(b => Atoms(Authority(task)).IsSubsetOf(Atoms(b.Authority)))
            && !Authority(task).IsEmpty));

    [Fact]
    public void Opened_task_is_what_was_asked_for_and_all_that_is_allowed_when_nothing_was() => ForAll(c =>
        Opened(c) is not { } task
        || Atoms(Authority(task)).SetEquals(c.Wanted is { } wanted ? Atoms(wanted) : Most(c)));

    [Fact]
    public void Opened_task_ends_with_whatever_ends_first() => ForAll(c =>
        Opened(c) is not { } task
        || (Instant.FromMicros(task.Deadline) == c.LatestEnd && c.LatestEnd > TaskCase.Now));

    [Fact]
    public void What_lies_within_all_bounds_is_opened_and_what_exceeds_one_is_not() => ForAll(c =>
        (Opened(c) is not null) == (c.StarterMay && c.TermsHold && (c.Wanted is { } wanted ? Atoms(wanted) : Most(c))
            is { Count: > 0 } asked && c.Bounds.All(b => asked.IsSubsetOf(Atoms(b.Authority)))));

    // A generator that hardly ever asks for too much proves nothing.
    [Fact]
    public void Cases_exceed_each_bound_on_each_axis_in_a_fifth_of_the_cases()
    {
        var cases = Gen.Sample(TaskCase.All, Cases).ToList();
        var children = cases.FindAll(c => c.Parent is not null);
        List<(string What, List<TaskCase> Among, Func<TaskCase, bool> Exceeds)> shares =
        [
            ("opened", cases, c => Opened(c) is not null),
            ("opened child", children, c => Opened(c) is not null),
            ("deadline", cases, c => c.Terms.Deadline > c.Terms.Workflow),
            ("parent's deadline", children, c => c.Terms.Deadline > c.Terms.Parent),
            ("depth", children, c => c.Terms.Depth > TaskCase.WorkflowDepth),
            ("ended parent", children, c => !c.Terms.ParentIsOpen),
            ("purpose", cases, c => !c.Terms.PurposeFits),
            ("agent", cases, c => !c.Terms.AgentFits),
            ("starter", cases, c => !c.StarterMay),
            ("token of the starter", cases, c => !c.Starter.HasTaskStart),
            .. from axis in Axes.Index()
               from bound in (string[])["entitlement", "workflow", "parent"]
               select (
                   $"{axis.Item} of the {bound}", bound == "parent" ? children : cases,
                   (Func<TaskCase, bool>)(c => Exceeds(c, bound, axis.Index))),
        ];
        foreach (var (what, among, exceeds) in shares)
        {
            var share = among.Count(exceeds) / (double)among.Count;
            Assert.True(share >= 0.2, $"{what}: {share:P1} of the cases");
        }
    }

    private static bool Exceeds(TaskCase c, string bound, int axis)
    {
        return c.Wanted is { } wanted && c.Bounds.Where(b => b.Name == bound).Any(
            b => Atoms(wanted).Select(Side).Except(Atoms(b.Authority).Select(Side)).Any());

        string Side((string Action, string Location, string Datatype, string Identifier) atom) => axis switch
        {
            0 => atom.Action,
            1 => atom.Location,
            2 => atom.Datatype,
            _ => atom.Identifier,
        };
    }

    private static TaskRow? Opened(TaskCase c) =>
        c.Decide() is Decision.Granted { Grant.What: Granting.WorkToOpen { Task: var task } } ? task : null;

    private static Authority Authority(TaskRow task) => Stored.Authority(task.Authority);

    private static HashSet<(string Action, string Location, string Datatype, string Identifier)> Most(TaskCase c)
    {
        var most = Atoms(c.Entitled);
        foreach (var (_, bound) in c.Bounds) most.IntersectWith(Atoms(bound));
        return most;
    }

    private static HashSet<(string Action, string Location, string Datatype, string Identifier)> Atoms(
        Authority authority) =>
    [
        .. from detail in authority.Details
           from action in detail.Actions
           from location in detail.Locations
           from datatype in detail.Datatypes is { } some ? [.. some] : (string[])[.. TaskCase.Datatypes, Unforeseen]
           from identifier in detail.Identifier is { } one ? [one] : (string[])[.. TaskCase.Identifiers, Unforeseen]
           select (action.Value, location, datatype, identifier),
    ];

    private static void ForAll(Func<TaskCase, bool> holds) =>
        Check.One(
            Config.QuickThrowOnFailure.WithMaxTest(Cases).WithQuietOnSuccess(true),
            Prop.ForAll(TaskCase.All.ToArbitrary(), holds));
}
