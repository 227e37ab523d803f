using System.Collections.Concurrent;
using System.Globalization;

namespace OrdersApi;

/// <summary>The orders, in memory: the example is about who may touch them.</summary>
internal sealed class OrderBook
{
    private readonly ConcurrentDictionary<string, Order> _orders = new(StringComparer.Ordinal);
    private int _last;

    internal OrderBook()
    {
        Add(new NewOrder("Ada", "Analytical engine, one", 1840_00));
        Add(new NewOrder("Grace", "Compiler, boxed", 52_00));
        Add(new NewOrder("Edsger", "Shortest path, signed", 9_50));
    }

    internal IEnumerable<Order> All => _orders.Values.OrderBy(order => order.Id, StringComparer.Ordinal);

    internal Order? Find(string id) => _orders.GetValueOrDefault(id);

    internal Order Add(NewOrder wanted)
    {
        var id = string.Create(CultureInfo.InvariantCulture, $"o-{Interlocked.Increment(ref _last):D4}");
        return _orders[id] = new Order(id, wanted.Customer, wanted.What, wanted.Cents, "open");
    }

    /// <summary>Null when there is no such order, or it is not in the state that the change begins from.</summary>
    internal Order? Change(string id, string from, string to)
    {
        while (_orders.TryGetValue(id, out var order) && order.Status == from)
        {
            var changed = order with { Status = to };
            if (_orders.TryUpdate(id, changed, order))
                return changed;
        }

        return null;
    }
}
