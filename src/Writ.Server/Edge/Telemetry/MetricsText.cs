using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Globalization;
using System.Text;

namespace Writ.Server.Edge;

/// <summary>
/// Adds up the instruments of one meter and writes them in Prometheus' text format. The thinnest stand-in for an
/// exporter package; another one can listen to the same meter beside it.
/// </summary>
public sealed class MetricsText : IDisposable
{
    private static readonly double[] Seconds = [.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10];
    private static readonly double[] Counts = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512];
    private readonly MeterListener _listener = new();
    private readonly ConcurrentDictionary<string, Family> _families = new(StringComparer.Ordinal);

    public MetricsText(Meter meter)
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (ReferenceEquals(instrument.Meter, meter)) listener.EnableMeasurementEvents(instrument);
        };
        _listener.SetMeasurementEventCallback<long>((i, value, tags, _) => Measure(i, value, tags));
        _listener.SetMeasurementEventCallback<int>((i, value, tags, _) => Measure(i, value, tags));
        _listener.SetMeasurementEventCallback<double>((i, value, tags, _) => Measure(i, value, tags));
        _listener.Start();
    }

    /// <summary>Everything measured so far, gauges read now.</summary>
    public string Write()
    {
        _listener.RecordObservableInstruments();
        var text = new StringBuilder();
        foreach (var family in _families.Values.OrderBy(f => f.Name, StringComparer.Ordinal)) family.Write(text);
        return text.ToString();
    }

    public void Dispose() => _listener.Dispose();

    private void Measure(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags) =>
        _families.GetOrAdd(instrument.Name, static (_, i) => new Family(i), instrument).Add(value, tags);

    private enum Kind
    {
        Counter,
        Gauge,
        Histogram,
    }

    private sealed class Family
    {
        private readonly ConcurrentDictionary<string, Series> _series = new(StringComparer.Ordinal);
        private readonly string _help;
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
            _bounds = _kind is not Kind.Histogram ? [] : instrument.Unit is "s" ? Seconds : Counts;
            _help = instrument.Description ?? "";
            var unit = instrument.Unit is "s" ? "_seconds" : "";
            Name = instrument.Name.Replace('.', '_') + unit + (_kind is Kind.Counter ? "_total" : "");
        }

        public string Name { get; }

        public void Add(double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
        {
            var series = _series.GetOrAdd(Labels(tags), static (_, bounds) => new Series(bounds.Length), _bounds);
            series.Add(value, _kind, _bounds);
        }

        public void Write(StringBuilder text)
        {
            var invariant = CultureInfo.InvariantCulture;
            text.Append(invariant, $"# HELP {Name} {_help}\n# TYPE {Name} {_kind.ToString().ToLowerInvariant()}\n");
            foreach (var (labels, series) in _series.OrderBy(s => s.Key, StringComparer.Ordinal))
            {
                var (sum, count, buckets) = series.Read();
                if (_kind is not Kind.Histogram)
                {
                    text.Append(invariant, $"{Name}{Braces(labels)} {sum}\n");
                    continue;
                }
                var comma = labels.Length == 0 ? "" : labels + ",";
                for (var i = 0; i < _bounds.Length; i++)
                    text.Append(invariant, $"{Name}_bucket{{{comma}le=\"{_bounds[i]}\"}} {buckets[i]}\n");
                text.Append(invariant, $"{Name}_bucket{{{comma}le=\"+Inf\"}} {count}\n");
                text.Append(invariant, $"{Name}_sum{Braces(labels)} {sum}\n{Name}_count{Braces(labels)} {count}\n");
            }
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
                : text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)
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
