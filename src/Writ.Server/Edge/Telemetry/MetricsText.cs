using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Globalization;
using System.Text;

namespace Writ.Server.Edge;

/// <summary>
/// Adds up the instruments of one meter and writes them in Prometheus' text format 0.0.4, or as OpenMetrics 1.0. The
/// thinnest stand-in for an exporter package; another one can listen to the same meter beside it.
/// </summary>
public sealed class MetricsText : IDisposable
{
    private readonly MeterListener _listener = new();
    private readonly ConcurrentDictionary<string, Family> _families = new(StringComparer.Ordinal);

    /// <summary>Begins to listen.</summary>
    /// <param name="meter">The one that it listens to; another of the same name is another broker's.</param>
    public MetricsText(Meter meter)
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (!ReferenceEquals(instrument.Meter, meter)) return;
            var family = _families.GetOrAdd(instrument.Name, static (_, i) => new Family(i), instrument);
            listener.EnableMeasurementEvents(instrument, family);
        };
        _listener.SetMeasurementEventCallback<long>((_, value, tags, family) => Add(family, value, tags));
        _listener.SetMeasurementEventCallback<int>((_, value, tags, family) => Add(family, value, tags));
        _listener.SetMeasurementEventCallback<double>((_, value, tags, family) => Add(family, value, tags));
        _listener.Start();
    }

    /// <summary>Everything measured so far, gauges read now.</summary>
    /// <param name="isOpen">As OpenMetrics.</param>
    public string Write(bool isOpen = false)
    {
        _listener.RecordObservableInstruments();
        var text = new StringBuilder();
        foreach (var family in _families.Values.OrderBy(f => f.Name, StringComparer.Ordinal))
            family.Write(text, isOpen);
        return isOpen ? text.Append("# EOF\n").ToString() : text.ToString();
    }

    public void Dispose() => _listener.Dispose();

    private static void Add(object? family, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags) =>
        ((Family)family!).Add(value, tags);

    private enum Kind
    {
        Counter,
        Gauge,
        Histogram,
    }

    private sealed class Family
    {
        private const int MostSeries = 2000;
        private const string Overflow = "overflow=\"true\""; // as OpenTelemetry has it

        private readonly ConcurrentDictionary<string, Series> _series = new(StringComparer.Ordinal);
        private readonly string _help;
        private readonly string _unit;
        private readonly Kind _kind;
        private readonly double[] _bounds;

        public Family(Instrument instrument)
        {
            _kind = instrument switch
            {
                Counter<long> => Kind.Counter,
                Histogram<double> or Histogram<int> => Kind.Histogram,
                _ => Kind.Gauge,
            };
            _bounds = instrument switch
            {
                Histogram<double> times => [.. times.Advice?.HistogramBucketBoundaries ?? []],
                Histogram<int> counts => [.. (counts.Advice?.HistogramBucketBoundaries ?? []).Select(b => (double)b)],
                _ => [],
            };
            _help = instrument.Description ?? "";
            _unit = instrument.Unit is "s" ? "seconds" : "";
            Name = instrument.Name.Replace('.', '_') + (_unit.Length > 0 ? "_" + _unit : "");
        }

        /// <summary>Of the family, as OpenMetrics has it; the other format calls a counter by its sample.</summary>
        public string Name { get; }

        public void Add(double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
        {
            var labels = Labels(tags);
            // Some labels are a policy's words, of which there may be any number.
            if (!_series.ContainsKey(labels) && _series.Count >= MostSeries) labels = Overflow;
            var series = _series.GetOrAdd(labels, static (_, bounds) => new Series(bounds.Length), _bounds);
            series.Add(value, _kind, _bounds);
        }

        public void Write(StringBuilder text, bool isOpen)
        {
            var sample = Name + (_kind is Kind.Counter ? "_total" : "");
            var name = isOpen ? Name : sample;
            text.Append($"# HELP {name} {Help(isOpen)}\n# TYPE {name} {_kind.ToString().ToLowerInvariant()}\n");
            if (isOpen && _unit.Length > 0) text.Append($"# UNIT {name} {_unit}\n");
            foreach (var (labels, series) in _series.OrderBy(s => s.Key, StringComparer.Ordinal))
                WriteSeries(text, sample, labels, series);
        }

        private void WriteSeries(StringBuilder text, string name, string labels, Series series)
        {
            var (sum, count, buckets) = series.Read();
            if (_kind is not Kind.Histogram)
            {
                text.Append($"{name}{Braces(labels)} {Number(sum)}\n");
                return;
            }
            var comma = labels.Length == 0 ? "" : labels + ",";
            for (var i = 0; i < _bounds.Length; i++)
                text.Append($"{name}_bucket{{{comma}le=\"{Bound(_bounds[i])}\"}} {Number(buckets[i])}\n");
            text.Append($"{name}_bucket{{{comma}le=\"+Inf\"}} {Number(count)}\n");
            text.Append($"{name}_sum{Braces(labels)} {Number(sum)}\n{name}_count{Braces(labels)} {Number(count)}\n");
        }

        private string Help(bool isOpen)
        {
            var help = _help.Replace("\\", "\\\\", StringComparison.Ordinal)
                .Replace("\n", "\\n", StringComparison.Ordinal);
            return isOpen ? help.Replace("\"", "\\\"", StringComparison.Ordinal) : help;
        }

        private static string Number(double value) =>
            double.IsPositiveInfinity(value) ? "+Inf"
            : double.IsNegativeInfinity(value) ? "-Inf"
            : value.ToString(CultureInfo.InvariantCulture);

        /// <summary>A whole one with a point, so that it is the same label in both formats.</summary>
        private static string Bound(double value)
        {
            var text = Number(value);
            return text.Contains('.', StringComparison.Ordinal) ? text : text + ".0";
        }

        private static string Braces(string labels) => labels.Length == 0 ? "" : $"{{{labels}}}";

        private static string Labels(ReadOnlySpan<KeyValuePair<string, object?>> tags)
        {
            if (tags.IsEmpty) return "";
            var text = new StringBuilder(96);
            foreach (var (name, value) in tags)
            {
                if (text.Length > 0) text.Append(',');
                text.Append(name).Append("=\"").Append(Escape(value)).Append('"');
            }
            return text.ToString();
        }

        private static string Escape(object? value)
        {
            var text = Convert.ToString(value, CultureInfo.InvariantCulture) ?? "";
            return text.AsSpan().IndexOfAny("\\\"\n") < 0
                ? text
                : text.Replace("\\", "\\\\", StringComparison.Ordinal)
                    .Replace("\"", "\\\"", StringComparison.Ordinal)
                    .Replace("\n", "\\n", StringComparison.Ordinal);
        }
    }

    /// <summary>One set of labels. Its buckets are cumulative, as they are written.</summary>
    private sealed class Series(int buckets)
    {
        private readonly Lock _lock = new();
        private readonly long[] _buckets = new long[buckets]; // all three: guarded by _lock
        private double _sum;
        private long _count;

        public void Add(double value, Kind kind, double[] bounds)
        {
            lock (_lock)
            {
                _count++;
                _sum = kind is Kind.Gauge ? value : _sum + value;
                for (var i = bounds.Length - 1; i >= 0 && value <= bounds[i]; i--) _buckets[i]++;
            }
        }

        public (double Sum, long Count, long[] Buckets) Read()
        {
            lock (_lock) return (_sum, _count, [.. _buckets]);
        }
    }
}
