// The functions of expressions about places: area, distance, geofence, intersects.
#include <algorithm>
#include <cmath>
#include <limits>

#include "forms/evaluator.h"

namespace awda::forms {

namespace {

struct Point {
    double latitude = 0;
    double longitude = 0;
};

/// "33.3 44.4 0 0;33.4 44.5": false where a piece is no place; empty pieces are left out.
bool read_points(std::string_view rest, std::vector<Point>& out) {
    while (!trim(rest).empty()) {
        const std::size_t end = rest.find(';');
        const auto words = split_words(rest.substr(0, end));
        rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
        if (words.empty()) continue;
        if (words.size() < 2 || words.size() > 4) return false;
        const Point point{parse_number(words[0]), parse_number(words[1])};
        if (!std::isfinite(point.latitude) || !std::isfinite(point.longitude)) return false;
        out.push_back(point);
    }
    return true;
}

constexpr double kEarthRadius = 6378100;
double radians(double degrees) {
    return degrees * (std::acos(-1.0) / 180.0);
}

double distance_of(const std::vector<Point>& points) {
    double sum = 0;
    for (std::size_t i = 1; i < points.size(); ++i) {
        const double lat1 = radians(points[i - 1].latitude);
        const double lat2 = radians(points[i].latitude);
        const double turn = radians(points[i].longitude - points[i - 1].longitude);
        const double angle =
            std::sin(lat1) * std::sin(lat2) + std::cos(lat1) * std::cos(lat2) * std::cos(turn);
        sum += std::acos(std::clamp(angle, -1.0, 1.0)) * kEarthRadius;
    }
    return sum;
}

/// The polygon laid flat around its first corner.
double area_of(const std::vector<Point>& points) {
    if (points.size() < 3) return 0;
    const double around = kEarthRadius * 2 * std::acos(-1.0);
    const auto flat = [&](const Point& p) {
        const double x =
            (p.longitude - points[0].longitude) * around * std::cos(radians(p.latitude)) / 360;
        return std::pair((p.latitude - points[0].latitude) * around / 360, x);
    };
    double sum = 0;
    for (std::size_t i = 1; i + 1 < points.size(); ++i) {
        const auto [y1, x1] = flat(points[i]);
        const auto [y2, x2] = flat(points[i + 1]);
        sum += x1 * y2 - x2 * y1;
    }
    return std::fabs(sum / 2);
}

/// The polygon on a sphere: each side with the strip between it and the pole.
double sphere_area_of(const std::vector<Point>& points) {
    if (points.size() < 3) return 0;
    double sum = 0;
    for (std::size_t i = 0; i < points.size(); ++i) {
        const Point& from = points[i];
        const Point& to = points[(i + 1) % points.size()];
        sum += radians(to.longitude - from.longitude) *
               (2 + std::sin(radians(from.latitude)) + std::sin(radians(to.latitude)));
    }
    return std::fabs(sum * kEarthRadius * kEarthRadius / 2);
}

bool inside(const Point& p, const std::vector<Point>& corners) {
    bool in = false;
    for (std::size_t i = 0, j = corners.size() - 1; i < corners.size(); j = i++) {
        const Point& a = corners[i];
        const Point& b = corners[j];
        if ((a.longitude > p.longitude) == (b.longitude > p.longitude)) continue;
        const double cross =
            (b.latitude - a.latitude) * (p.longitude - a.longitude) / (b.longitude - a.longitude) +
            a.latitude;
        if (p.latitude < cross) in = !in;
    }
    return in;
}

bool same(const Point& a, const Point& b) {
    return a.latitude == b.latitude && a.longitude == b.longitude;
}

/// On which side of the line from a to b the point lies: -1, 0 (on it), 1.
int side_of(const Point& a, const Point& b, const Point& p) {
    const double cross = (b.longitude - a.longitude) * (p.latitude - a.latitude) -
                         (b.latitude - a.latitude) * (p.longitude - a.longitude);
    return cross > 0 ? 1 : cross < 0 ? -1 : 0;
}

/// Whether a point known to be on the line is between its ends.
bool between(const Point& a, const Point& b, const Point& p) {
    return std::min(a.latitude, b.latitude) <= p.latitude &&
           p.latitude <= std::max(a.latitude, b.latitude) &&
           std::min(a.longitude, b.longitude) <= p.longitude &&
           p.longitude <= std::max(a.longitude, b.longitude);
}

bool segments_meet(const Point& a, const Point& b, const Point& c, const Point& d) {
    const int c_side = side_of(a, b, c);
    const int d_side = side_of(a, b, d);
    const int a_side = side_of(c, d, a);
    const int b_side = side_of(c, d, b);
    if (c_side != d_side && a_side != b_side) return true;
    return (c_side == 0 && between(a, b, c)) || (d_side == 0 && between(a, b, d)) ||
           (a_side == 0 && between(c, d, a)) || (b_side == 0 && between(c, d, b));
}

/// Whether a line touches itself anywhere but at its corners and where a shape closes.
bool meets_itself(std::vector<Point> points) {
    points.erase(std::unique(points.begin(), points.end(), same), points.end());
    if (points.size() < 3) return false;
    const bool closed = same(points.front(), points.back());
    const std::size_t sides = points.size() - 1;
    for (std::size_t i = 0; i < sides; ++i) {
        // Neighbours share a corner: they meet elsewhere only if the line turns back on itself.
        if (i + 1 < sides && side_of(points[i], points[i + 1], points[i + 2]) == 0 &&
            (between(points[i], points[i + 1], points[i + 2]) ||
             between(points[i + 1], points[i + 2], points[i]))) {
            if (!(closed && sides == 2)) return true;
        }
        for (std::size_t j = i + 2; j < sides; ++j) {
            if (closed && i == 0 && j + 1 == sides) continue;
            if (segments_meet(points[i], points[i + 1], points[j], points[j + 1])) return true;
        }
    }
    return false;
}

}  // namespace

Value Evaluator::call_geo(const ExprNode& node, const Context& context) {
    std::vector<Point> points;
    if (node.fn == Fn::kGeofence) {
        std::vector<Point> corners;
        const std::string place = arg_text(node, 0, context);
        const std::string fence = arg_text(node, 1, context);
        const bool read = read_points(place, points) && read_points(fence, corners);
        const bool closed = corners.size() > 3 && same(corners.front(), corners.back());
        return Value(read && points.size() == 1 && closed && inside(points[0], corners));
    }
    bool read = true;
    each_text(node, 0, context,
              [&](const std::string& text) { read = read && read_points(text, points); });
    if (node.fn == Fn::kIntersects) {
        if (!read) return fail("a line that cannot be read");
        if (!spend(points.size() * points.size())) return Value(false);
        return Value(meets_itself(std::move(points)));
    }
    if (!read) {
        return Value(std::numeric_limits<double>::quiet_NaN());
    }
    double out = node.fn != Fn::kArea                      ? distance_of(points)
                 : rules_.area_model == AreaModel::kSphere ? sphere_area_of(points)
                                                           : area_of(points);
    if (rules_.geo_hundredths) out = round_half_up(out * 100) / 100;
    return Value(out);
}

}  // namespace awda::forms
