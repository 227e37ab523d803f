using System.Runtime.CompilerServices;

namespace Writ.Rego.Values;

/// <summary>
/// The watch over what a thread does for a query: whatever may go through many or deep values, or long texts, tells of
/// it here, and is ended when the query's time is over. One small value can stand for a huge one, as its parts may be
/// shared: the number of values made says nothing of how long it takes to compare or print them.
/// </summary>
internal static class Work
{
    private const int Rarely = 4096;

    [ThreadStatic]
    private static Watch? _watch;

    [ThreadStatic]
    private static int _done;

    /// <summary>Sets the watch of this thread and gives the one before, to be set again at the end.</summary>
    public static Watch? Swap(Watch? watch)
    {
        var before = _watch;
        _watch = watch;
        return before;
    }

    /// <summary>A level deeper in a value.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Enter()
    {
        RuntimeHelpers.EnsureSufficientExecutionStack();
        Tick();
    }

    /// <summary>Some of the work is done: one for about a hundred nanoseconds.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Tick(int count = 1)
    {
        if ((_done += count) >= Rarely)
            Ask();
    }

    /// <summary>How long this thread may wait for something; null where nobody watches.</summary>
    public static TimeSpan? TimeLeft => _watch?.TimeLeft;

    /// <summary>Ends the work now, if it is time: after waiting, which ticks do not count.</summary>
    public static void Check() => _watch?.CheckLimits();

    private static void Ask()
    {
        _done = 0;
        _watch?.CheckLimits();
    }
}
