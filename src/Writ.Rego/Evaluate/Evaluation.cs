using System.Runtime.CompilerServices;
using Writ.Rego.Builtins;
using Writ.Rego.Compile;
using Writ.Rego.Values;

namespace Writ.Rego.Evaluate;

/// <summary>One query's run, used once and by one thread.</summary>
internal sealed class Evaluation : Watch
{
    private const long ChecksTime = 1024;

    /// <summary>The clock starts so soon; a decision of fewer steps does without, and is a tenth faster.</summary>
    private const long StartsClock = 64;

    private const int MostMembers = 32;

    private readonly EvaluationLimits _limits;
    private readonly QueryInput _input;
    private long? _began;
    private BuiltinContext? _builtins;
    private Dictionary<Traced.End, long>? _held;
    private long _steps;
    private long _items;
    private long _nextCheck;
    private long _allocated = -1;
    private int _depth;
    private int _members;

    public Evaluation(Scope scope, QueryInput input)
    {
        (Scope, _input, _limits, Trace) = (scope, input, input.Limits, input.Trace);
        _nextCheck = Math.Min(_limits.Steps, StartsClock);
    }

    public Scope Scope { get; set; }

    /// <summary>What built-ins know of the query; most queries need none.</summary>
    public BuiltinContext Builtins => _builtins ??= _input.Context();

    /// <summary>Whether an error in a built-in fails the query; otherwise the call is undefined.</summary>
    public bool IsStrict => _input.IsStrict;

    public EvaluationTrace? Trace { get; }

    /// <summary>The value of the rule or function whose body runs.</summary>
    public RegoValue? Value { get; set; }

    /// <summary>What the innermost running body collects.</summary>
    public object? Collector { get; set; }

    public long Steps => _steps;

    /// <summary>The time since the run first asked for it: that is within its first steps, or ticks of work.</summary>
    private TimeSpan Elapsed => _input.Time.GetElapsedTime(_began ??= _input.Time.GetTimestamp());

    public override TimeSpan TimeLeft => _limits.Time - Elapsed;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Tick(long steps = 1)
    {
        _steps += steps;
        if (_steps >= _nextCheck)
            Check();
    }

    /// <summary>How often an expression held so far, where the policy is traced.</summary>
    public long HeldOf(Traced.End? end) => end is null ? 0 : _held?.GetValueOrDefault(end) ?? 0;

    public void Hold(Traced.End end)
    {
        _held ??= [];
        _held[end] = HeldOf(end) + 1;
    }

    public void CountItem()
    {
        if (++_items > _limits.Items)
            throw Limit($"the evaluation collected more than {_limits.Items} items");
    }

    public void CheckText(long length)
    {
        Work.Tick();
        Builtins.CheckText(length);
        if (length > 100_000)
            CheckLimits();
    }

    /// <summary>A result, which is not too large.</summary>
    public RegoValue? CheckResult(RegoValue? value)
    {
        if (value is RegoArray or RegoSet or RegoObject && PartCount.Of(value) > _limits.ResultParts)
            throw Limit($"the result has more than {_limits.ResultParts} parts");
        return value;
    }

    /// <summary>The document that rules make; null when undefined.</summary>
    public RegoValue? Document(RuleGroup group)
    {
        if (Scope.Overlay is { } overlay && overlay.Hides(group.Path))
            return Extents.Base(this, group.Node);
        ref var known = ref Scope.Document(group.Id);
        if (known is not null)
            return ReferenceEquals(known, Undefined.Mark) ? null : known;
        var scope = Scope;
        Enter();
        var value = Documents.Compute(this, group);
        _depth--;
        scope.Document(group.Id) = value ?? Undefined.Mark;
        return value;
    }

    /// <summary>
    /// A member of a set that rules make. When many are asked for, the whole set is made once.
    /// </summary>
    public RegoValue? Member(RuleGroup group, RegoValue key)
    {
        if (group.Members is not { } members || Scope.Overlay is not null || Scope.IsKnown(group.Id)
            || ++_members > MostMembers)
        {
            return Document(group) is { } document ? Access.Get(document, key) : null;
        }

        return Call(members, [key]);
    }

    public RegoValue? Call(RuleGroup function, RegoValue[] arguments)
    {
        var calls = Scope.Calls;
        if (calls.Find(function.Id, arguments) is { } known)
            return ReferenceEquals(known, Undefined.Mark) ? null : known;
        Enter();
        var value = Documents.Call(this, function, arguments);
        _depth--;
        calls.Add(function.Id, arguments, value ?? Undefined.Mark);
        return value;
    }

    public RegoError Limit(string what) =>
        new(new RegoDiagnostic(ErrorCodes.Cancelled, what, "", 0, 0, ""));

    private void Enter()
    {
        Tick();
        if (++_depth > _limits.Depth)
            throw Limit($"rules and functions lie more than {_limits.Depth} deep in each other");
        RuntimeHelpers.EnsureSufficientExecutionStack();
    }

    private void Check()
    {
        if (_steps >= _limits.Steps)
            throw Limit($"the evaluation took more than {_limits.Steps} steps");
        CheckLimits();
        _nextCheck = Math.Min(_steps + ChecksTime, _limits.Steps);
    }

    /// <summary>What does not grow with the steps: time, and the memory of long texts and large collections.</summary>
    public override void CheckLimits()
    {
        if (_input.Cancellation.IsCancellationRequested)
            throw Limit("caller cancelled query execution");
        if (Elapsed > _limits.Time)
            throw Limit($"the evaluation took longer than {_limits.Time}");
        var allocated = GC.GetAllocatedBytesForCurrentThread();
        if (_allocated < 0)
            _allocated = allocated;
        if (allocated - _allocated > _limits.Bytes)
            throw Limit($"the evaluation allocated more than {_limits.Bytes} bytes");
    }
}
