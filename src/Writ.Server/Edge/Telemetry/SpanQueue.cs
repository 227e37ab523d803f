using System.Diagnostics;
using OpenTelemetry;

namespace Writ.Server.Edge;

/// <summary>
/// Spans on their way out: a queue of bounded length and one thread that exports. Whoever ends a span never waits; what
/// does not fit is dropped and counted. The package's own queue drops in silence.
/// </summary>
internal sealed class SpanQueue : BaseExportProcessor<Activity>
{
    private const int Capacity = 8192;
    private const int MostAtOnce = 512;
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);
    private readonly Queue<Activity> _queue = new(); // this and all below: guarded by _queue
    private readonly Thread _thread;
    private readonly Action<int> _dropped;
    private int _taken; // at the exporter now
    private bool _isFlushWanted;
    private bool _isClosed;

    /// <summary>Begins to export.</summary>
    /// <param name="exporter">Sends a batch; owned.</param>
    /// <param name="dropped">Told how many spans were lost for want of room.</param>
    public SpanQueue(BaseExporter<Activity> exporter, Action<int> dropped) : base(exporter)
    {
        _dropped = dropped;
        _thread = new Thread(ExportAll) { IsBackground = true, Name = "spans" };
        _thread.Start();
    }

    protected override void OnExport(Activity data)
    {
        lock (_queue)
        {
            if (_queue.Count < Capacity && !_isClosed)
            {
                _queue.Enqueue(data);
                if (_queue.Count == MostAtOnce) Monitor.PulseAll(_queue);
                return;
            }
        }
        _dropped(1);
    }

    /// <summary>Waits until all that is in the queue now was handed to the exporter.</summary>
    protected override bool OnForceFlush(int timeoutMilliseconds)
    {
        var began = Stopwatch.GetTimestamp();
        lock (_queue)
        {
            _isFlushWanted = true;
            Monitor.PulseAll(_queue);
            while (_queue.Count + _taken > 0)
            {
                var left = timeoutMilliseconds < 0
                    ? Timeout.InfiniteTimeSpan
                    : TimeSpan.FromMilliseconds(timeoutMilliseconds) - Stopwatch.GetElapsedTime(began);
                if (left != Timeout.InfiniteTimeSpan && left <= TimeSpan.Zero) return false;
                Monitor.Wait(_queue, left);
            }
        }
        return true;
    }

    protected override bool OnShutdown(int timeoutMilliseconds)
    {
        var isDone = OnForceFlush(timeoutMilliseconds);
        lock (_queue)
        {
            _isClosed = true;
            Monitor.PulseAll(_queue);
        }
        return exporter.Shutdown(timeoutMilliseconds) && isDone;
    }

    private void ExportAll()
    {
        while (Take() is { } spans)
        {
            try
            {
                exporter.Export(new Batch<Activity>(spans, spans.Length));
            }
#pragma warning disable CA1031 // What cannot be sent is lost and counted; the next batch is tried.
            catch (Exception)
#pragma warning restore CA1031
            {
                _dropped(spans.Length);
            }
            lock (_queue)
            {
                _taken = 0;
                Monitor.PulseAll(_queue);
            }
        }
    }

    /// <summary>The next batch, when it is full or a second old; null at the end.</summary>
    private Activity[]? Take()
    {
        lock (_queue)
        {
            while (_queue.Count == 0 && !_isClosed)
            {
                _isFlushWanted = false;
                Monitor.Wait(_queue, Pause);
            }
            if (_queue.Count < MostAtOnce && !_isFlushWanted && !_isClosed) Monitor.Wait(_queue, Pause);
            if (_queue.Count == 0) return _isClosed ? null : [];
            var spans = new Activity[Math.Min(_queue.Count, MostAtOnce)];
            for (var i = 0; i < spans.Length; i++) spans[i] = _queue.Dequeue();
            _taken = spans.Length;
            return spans;
        }
    }
}
