namespace OrdersApi;

/// <summary>An order. Money is in whole cents.</summary>
internal sealed record Order(string Id, string Customer, string What, long Cents, string Status);
